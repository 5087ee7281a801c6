import type { IncomingMessage, ServerResponse } from "node:http";
import { acceptsEncoding } from "./accepts-encoding";
import { beforeHead } from "./before-head";

type CompressionLimits = {
  max: number;
  maxForAddress?: number;
  addressOf?: (request: IncomingMessage) => string;
};

/**
 * Limits compression by remix-serve, which compresses all compressible responses and holds the compressor's memory until
 * the client has read: megabytes with Brotli, a quarter of one with gzip. Only gzip is allowed, for `max` responses at a
 * time and fewer of one address, because compression competes for the processor. Other responses are sent uncompressed.
 * @returns a function to be called with each request before remix-serve handles it
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
      // Not compressed: too small, or a stream, which may last for hours.
      if (!response.hasHeader("Content-Encoding")) giveBack();
    });
  };
}
