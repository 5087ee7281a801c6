import type { IncomingMessage, ServerResponse } from "node:http";
import { acceptsEncoding } from "./accepts-encoding";
import { beforeHead } from "./before-head";

type CompressionLimits = {
  max: number;
  maxForAddress?: number;
  addressOf?: (request: IncomingMessage) => string;
};

/**
 * remix-serve compresses every answer that allows it, for as long as the client takes to read it. With Brotli that
 * holds megabytes for each, with gzip a quarter of one: so it is gzip, for `max` answers at a time, and for fewer of one
 * address, because compression competes with everything else for the processor. Beyond them they go out plain, which costs nothing but bytes on the way.
 * @returns to be told of each request before remix-serve is
 */
export function moderateCompression({ max, maxForAddress = max, addressOf = () => "" }: CompressionLimits) {
  let taken = 0;
  const takenBy = new Map<string, number>();
  const take = (address: string, change: 1 | -1) => {
    taken += change;
    const count = (takenBy.get(address) ?? 0) + change;
    if (count > 0) takenBy.set(address, count);
    else takenBy.delete(address);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const address = addressOf(request);
    const isFree = taken < max && (takenBy.get(address) ?? 0) < maxForAddress;
    const isAllowed = isFree && acceptsEncoding(request, "gzip");
    if (!isAllowed) {
      delete request.headers["accept-encoding"];
      return;
    }
    request.headers["accept-encoding"] = "gzip";
    take(address, 1);
    let isTaken = true;
    const giveBack = () => {
      if (isTaken) take(address, -1);
      isTaken = false;
    };
    response.once("close", giveBack);
    beforeHead(response, () => {
      // Too small, or a stream, which may go on for hours.
      if (!response.hasHeader("Content-Encoding")) giveBack();
    });
  };
}
