import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SessionView } from "~/conversation/api";
import { currentRequest, type RequestContext } from "~/http/admission/request-context";

/** Responses with conversations. Long ones are encoded and compressed once for each commit, and their bytes shared. */
export type SessionResponses = {
  /** Whether some commit of the conversation is remembered. */
  has(key: string): boolean;
  /** The response with the commit that `etag` names; null where it is not remembered. */
  find(key: string, etag: string): Promise<Response | null>;
  make(key: string, etag: string, view: SessionView): Promise<Response>;
  forget(key: string): void;
};

export type SessionResponsesOptions = {
  /** How much to remember. The last one is remembered whatever its size. */
  maxBytes?: number;
};

type Encoded = {
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  /** Null until it is asked for. */
  compressed: Promise<Uint8Array<ArrayBuffer> | null> | null;
  /** Those that are being sent its bytes, the one for which they are counted first. */
  readers: Set<RequestContext>;
};

/** A shorter one is encoded in less time than its file is found. */
const LARGE_BYTES = 128 * 1024;
/** Bytes that are handed on at a time. */
const PIECE_BYTES = 64 * 1024;
const encoder = new TextEncoder();

export function createSessionResponses({
  maxBytes = 16 * 1024 * 1024,
}: SessionResponsesOptions = {}): SessionResponses {
  /** By key, the one that was used last at the end. */
  const remembered = new Map<string, Encoded>();
  let isCompressing = false;

  function remember(key: string, encoded: Encoded) {
    remembered.delete(key);
    remembered.set(key, encoded);
    let bytes = 0;
    for (const { plain } of remembered.values()) bytes += plain.byteLength;
    for (const [oldest, { plain }] of remembered) {
      if (bytes <= maxBytes || remembered.size === 1) return;
      remembered.delete(oldest);
      bytes -= plain.byteLength;
    }
  }

  function find(key: string, etag: string): Encoded | null {
    const encoded = remembered.get(key);
    if (encoded?.etag !== etag) return null;
    remember(key, encoded);
    return encoded;
  }

  /** One at a time: it takes a processor for as long as it lasts. Null while another one is compressed. */
  function compress(encoded: Encoded): Promise<Uint8Array<ArrayBuffer> | null> | null {
    if (encoded.compressed || isCompressing) return encoded.compressed;
    isCompressing = true;
    return (encoded.compressed = promisify(gzip)(encoded.plain)
      .catch(() => null)
      .finally(() => (isCompressing = false)));
  }

  async function respond(encoded: Encoded): Promise<Response> {
    const requestContext = currentRequest();
    const { plain, etag } = encoded;
    // A conversation is no cache's business but the page's own, which asks with If-None-Match itself.
    const headers = { "Content-Type": "application/json", "Cache-Control": "no-store", ETag: etag };
    requestContext.countRead(plain.byteLength);
    if (plain.byteLength < LARGE_BYTES) return new Response(plain, { headers });
    countFor(requestContext, encoded);
    const compressed = requestContext.acceptsGzip ? await compress(encoded) : null;
    const body = pieces(compressed ?? plain, requestContext);
    // remix-serve would compress it anew for each: no-transform keeps it from that.
    const vary = { ...headers, "Cache-Control": "no-store, no-transform", Vary: "Accept-Encoding" };
    return new Response(body, { headers: compressed ? { ...vary, "Content-Encoding": "gzip" } : vary });
  }

  return {
    has: (key) => remembered.has(key),
    async find(key, etag) {
      const encoded = find(key, etag);
      return encoded && respond(encoded);
    },
    async make(key, etag, view) {
      await currentRequest().turn();
      // Several that had to read it make it once.
      const known = find(key, etag);
      if (known) return respond(known);
      const plain = encoder.encode(JSON.stringify(view));
      const encoded: Encoded = { etag, plain, compressed: null, readers: new Set() };
      if (plain.byteLength >= LARGE_BYTES) remember(key, encoded);
      return respond(encoded);
    },
    forget: (key) => void remembered.delete(key),
  };
}

/**
 * Counts shared bytes as held for one of those that are sent them, and for the next one when that one has ended: they
 * stay in memory for the slowest, also when they are no longer remembered.
 */
function countFor(requestContext: RequestContext, { readers, plain }: Encoded): void {
  if (requestContext.signal.aborted || readers.has(requestContext)) return;
  readers.add(requestContext);
  if (readers.size === 1) requestContext.hold(plain.byteLength);
  requestContext.signal.addEventListener("abort", () => {
    const [counted] = readers;
    readers.delete(requestContext);
    if (counted !== requestContext) return;
    const [next] = readers;
    next?.hold(plain.byteLength);
  });
}

/** Remix reads a stream to its end, whatever the client has taken: here it waits for the client. */
function pieces(bytes: Uint8Array, requestContext: RequestContext): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await requestContext.drained();
      if (sent >= bytes.byteLength || requestContext.signal.aborted) return controller.close();
      controller.enqueue(bytes.subarray(sent, sent + PIECE_BYTES));
      sent += PIECE_BYTES;
    },
  });
}
