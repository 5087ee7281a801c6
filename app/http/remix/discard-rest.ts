import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Discards what is left of a request's body after its response: the next request on the connection would wait behind it.
 * Node does so only for a body that has not been read from, and Remix reads from it. It still ends the request after its time.
 */
export function discardRest(request: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => {
    if (request.readableEnded) return;
    request.removeAllListeners("data");
    request.resume();
  });
}
