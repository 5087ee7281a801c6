import type { IncomingMessage, ServerResponse } from "node:http";
import { SESSION_ID_PATTERN, sessionFingerprint, sessionKey } from "~/conversation/session-id";
import { requestRoute } from "./request-route";

export type RequestLogOptions = {
  log: {
    isLevelEnabled(level: string): boolean;
    info(fields: object, message: string): void;
    debug(fields: object, message: string): void;
  };
  /** Told of every request of a person's browser at its end. The status is null where the client did not wait. */
  onRequestEnd: (status: number | null) => void;
};

/** One line for each request at its end, which for a stream may be hours later. */
export function createRequestLog({ log, onRequestEnd }: RequestLogOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const startedAt = performance.now();
    const { socket } = request;
    const sentBefore = socket.bytesWritten;
    // Express rewrites it while it looks for files.
    const { url = "/" } = request;
    response.once("close", () => {
      const { route, isRoutine } = requestRoute(url);
      const status = response.headersSent ? response.statusCode : null;
      if (!isRoutine) onRequestEnd(status);
      const level = isRoutine ? "debug" : "info";
      if (!log.isLevelEnabled(level)) return;
      const session = fingerprintOf(request);
      log[level](
        {
          method: request.method,
          route,
          status,
          durationMs: Math.round(performance.now() - startedAt),
          bytes: socket.bytesWritten - sentBefore,
          ...(session !== null && { session }),
          // A watched stream ends so too, when its tab is closed.
          ...(!response.writableFinished && { aborted: true }),
        },
        "request",
      );
    });
  };
}

function fingerprintOf({ headers }: IncomingMessage): string | null {
  const id = headers["x-session-id"];
  return typeof id === "string" && SESSION_ID_PATTERN.test(id) ? sessionFingerprint(sessionKey(id)) : null;
}
