import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SessionView } from "~/conversation/api";
import { currentRequest, type RequestContext } from "~/http/admission/request-context";

/**
 * Responses with sessions. Long ones are encoded and compressed once for each commit, and their bytes are shared by all
 * requests. `sessionHash` is the session's hash, `etag` names the commit.
 */
export type SessionResponses = {
  /** Whether any commit of the session is cached. */
  has(sessionHash: string): boolean;
  /** The response with a commit; null where it is not cached. */
  find(sessionHash: string, etag: string): Promise<Response | null>;
  make(sessionHash: string, etag: string, view: SessionView): Promise<Response>;
  forget(sessionHash: string): void;
};

export type SessionResponsesOptions = {
  /** Size of the cache. The session that was used last stays in it whatever its size. */
  maxBytes?: number;
};

type Encoded = {
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  /** Null until a client that reads gzip requests it; resolves to null where compression failed. */
  compressed: Promise<Uint8Array<ArrayBuffer> | null> | null;
  /** Requests that are being sent the bytes. Memory is counted for the first of them. */
  readers: Set<RequestContext>;
};

/** Shorter sessions are not cached: encoding them takes less time than finding their file. */
const LARGE_BYTES = 128 * 1024;
/** Bytes of one chunk of a response. */
const PIECE_BYTES = 64 * 1024;
const encoder = new TextEncoder();

export function createSessionResponses({
  maxBytes = 16 * 1024 * 1024,
}: SessionResponsesOptions = {}): SessionResponses {
  /** By session hash, in order of last use. */
  const cached = new Map<string, Encoded>();
  let isCompressing = false;

  function cache(sessionHash: string, encoded: Encoded) {
    cached.delete(sessionHash);
    cached.set(sessionHash, encoded);
    let bytes = 0;
    for (const { plain } of cached.values()) bytes += plain.byteLength;
    for (const [oldest, { plain }] of cached) {
      if (bytes <= maxBytes || cached.size === 1) return;
      cached.delete(oldest);
      bytes -= plain.byteLength;
    }
  }

  function find(sessionHash: string, etag: string): Encoded | null {
    const encoded = cached.get(sessionHash);
    if (encoded?.etag !== etag) return null;
    cache(sessionHash, encoded);
    return encoded;
  }

  /** Compresses one response at a time, because it occupies a processor. @returns null while it compresses another one */
  function compress(encoded: Encoded): Promise<Uint8Array<ArrayBuffer> | null> | null {
    if (encoded.compressed || isCompressing) return encoded.compressed;
    isCompressing = true;
    return (encoded.compressed = promisify(gzip)(encoded.plain)
      .catch(() => null)
      .finally(() => (isCompressing = false)));
  }

  async function respond(encoded: Encoded): Promise<Response> {
    const context = currentRequest();
    const { plain, etag } = encoded;
    // No HTTP cache may store sessions; the page keeps its own copy and sends If-None-Match.
    const headers = { "Content-Type": "application/json", "Cache-Control": "no-store", ETag: etag };
    context.countRead(plain.byteLength);
    if (plain.byteLength < LARGE_BYTES) return new Response(plain, { headers });
    countFor(context, encoded);
    const compressed = context.acceptsGzip ? await compress(encoded) : null;
    const body = pieces(compressed ?? plain, context);
    // no-transform: remix-serve would compress the bytes again for each request.
    const vary = { ...headers, "Cache-Control": "no-store, no-transform", Vary: "Accept-Encoding" };
    return new Response(body, { headers: compressed ? { ...vary, "Content-Encoding": "gzip" } : vary });
  }

  return {
    has: (sessionHash) => cached.has(sessionHash),
    async find(sessionHash, etag) {
      const encoded = find(sessionHash, etag);
      return encoded && respond(encoded);
    },
    async make(sessionHash, etag, view) {
      await currentRequest().turn();
      // Another request may have encoded it while this one read the session.
      const known = find(sessionHash, etag);
      if (known) return respond(known);
      const plain = encoder.encode(JSON.stringify(view));
      const encoded: Encoded = { etag, plain, compressed: null, readers: new Set() };
      if (plain.byteLength >= LARGE_BYTES) cache(sessionHash, encoded);
      return respond(encoded);
    },
    forget: (sessionHash) => void cached.delete(sessionHash),
  };
}

/**
 * Counts shared bytes as held by one request at a time, the oldest that is being sent them: they stay in memory until the
 * slowest request has ended, also when they are no longer cached.
 */
function countFor(context: RequestContext, { readers, plain }: Encoded): void {
  if (context.signal.aborted || readers.has(context)) return;
  readers.add(context);
  if (readers.size === 1) context.hold(plain.byteLength);
  context.signal.addEventListener("abort", () => {
    const [counted] = readers;
    readers.delete(context);
    if (counted !== context) return;
    const [next] = readers;
    next?.hold(plain.byteLength);
  });
}

/** A stream that waits for its client. Remix reads a stream to its end, whether the client reads or not. */
function pieces(bytes: Uint8Array, context: RequestContext): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await context.drained();
      if (sent >= bytes.byteLength || context.signal.aborted) return controller.close();
      controller.enqueue(bytes.subarray(sent, sent + PIECE_BYTES));
      sent += PIECE_BYTES;
    },
  });
}
