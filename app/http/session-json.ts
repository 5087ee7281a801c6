import type { Message } from "~/conversation/session";
import { currentExchange, type Exchange } from "./exchanges";

const encoder = new TextEncoder();
/** Messages do not change once they are stored (app/store/session-codec.ts), so those of a revision are encoded once. */
const encoded = new WeakMap<readonly Message[], Uint8Array<ArrayBuffer>>();
/** Bytes that are handed on at a time. */
const PIECE_BYTES = 256 * 1024;

/**
 * The response with a conversation, its messages last. All responses with one revision share its bytes, which are
 * never copied as a whole: garbage of megabytes for each request would stop the node more often than anything else.
 */
export function sessionJson(
  { messages, ...rest }: { messages: readonly Message[] },
  headers: Record<string, string>,
): Response {
  const exchange = currentExchange();
  let tail = encoded.get(messages);
  if (!tail) {
    tail = encoder.encode(JSON.stringify(messages));
    exchange.hold(tail.byteLength);
    if (Object.isFrozen(messages)) encoded.set(messages, tail);
  }
  const head = encoder.encode(`${JSON.stringify(rest).slice(0, -1)},"messages":`);
  exchange.countRead(head.byteLength + tail.byteLength);
  const body = pieces([head, tail, encoder.encode("}")], exchange);
  return new Response(body, { headers: { "Content-Type": "application/json", ...headers } });
}

/** Remix reads a stream to its end, whatever the client has taken: here it waits for the client. */
function pieces(parts: readonly Uint8Array[], exchange: Exchange): ReadableStream<Uint8Array> {
  const slices = parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.byteLength / PIECE_BYTES) }, (_, index) =>
      part.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
    ),
  );
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await exchange.drained();
      if (sent < slices.length && !exchange.signal.aborted) controller.enqueue(slices[sent++]!);
      else controller.close();
    },
  });
}
