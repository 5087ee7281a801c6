import type { IncomingMessage, ServerResponse } from "node:http";
import { hashSessionId, sessionFingerprint } from "~/conversation/session/session-hash";
import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { requestRoute } from "./request-route";

export type RequestLogOptions = {
  log: {
    isLevelEnabled(level: string): boolean;
    info(fields: object, message: string): void;
    debug(fields: object, message: string): void;
  };
  /** Called at the end of each request that is not routine. The status is null where the client left before it. */
  onRequestEnd: (status: number | null) => void;
  /** A monotonic clock in milliseconds. */
  now: () => number;
};

/** Logs one line for each request when its response has closed, for a stream perhaps hours later. */
export function createRequestLog({ log, onRequestEnd, now }: RequestLogOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const startedAt = now();
    const { socket } = request;
    const sentBefore = socket.bytesWritten;
    // Read now, because express rewrites it while it serves files.
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
          durationMs: Math.round(now() - startedAt),
          bytes: socket.bytesWritten - sentBefore,
          ...(session !== null && { session }),
          // Also at the end of a watched stream whose tab was closed.
          ...(!response.writableFinished && { aborted: true }),
        },
        "request",
      );
    });
  };
}

function fingerprintOf({ headers }: IncomingMessage): string | null {
  const id = headers["x-session-id"];
  return typeof id === "string" && SESSION_ID_PATTERN.test(id) ? sessionFingerprint(hashSessionId(id)) : null;
}
