import type { IncomingMessage, ServerResponse } from "node:http";
import { acceptsEncoding } from "./accepts-encoding";
import { beforeHead } from "./before-head";

/**
 * remix-serve compresses every answer that allows it, for as long as the client takes to read it. With Brotli that
 * holds megabytes for each, with gzip a quarter of one: so it is gzip, for `max` answers at a time. Beyond them they
 * go out plain, which costs nothing but bytes on the way.
 * @returns to be told of each request before remix-serve is
 */
export function moderateCompression(max: number) {
  let taken = 0;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const isAllowed = acceptsEncoding(request, "gzip") && taken < max;
    if (!isAllowed) {
      delete request.headers["accept-encoding"];
      return;
    }
    request.headers["accept-encoding"] = "gzip";
    taken += 1;
    let isTaken = true;
    const giveBack = () => {
      if (isTaken) taken -= 1;
      isTaken = false;
    };
    response.once("close", giveBack);
    beforeHead(response, () => {
      // Too small, or a stream, which may go on for hours.
      if (!response.hasHeader("Content-Encoding")) giveBack();
    });
  };
}
