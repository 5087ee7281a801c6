import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorBody } from "~/conversation/api";

/** Status lines by the code of the parser's error, as Node has them. */
const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

const BODY = JSON.stringify({
  error: { code: "bad_request", message: "This is not a complete HTTP request." },
} satisfies ErrorBody);

/**
 * Answers what the parser refuses, which never becomes a request, and closes its connection. In place of Node, whose
 * answer names no node and has no body.
 * @param response the last one on the connection: an answer that has begun is not mixed with this one
 */
export function answerMalformed(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  response: ServerResponse | undefined,
  nodeName: string,
): void {
  if (socket.writable && (!response?.headersSent || response.writableFinished)) {
    const head = [
      `HTTP/1.1 ${STATUS_LINES[error.code ?? ""] ?? "400 Bad Request"}`,
      `X-Node: ${nodeName}`,
      "Connection: close",
      "Cache-Control: no-store",
      "Content-Type: application/json",
      `Content-Length: ${BODY.length}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${BODY}`);
  }
  socket.destroy(error);
}
