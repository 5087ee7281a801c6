import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { pipeline, type Readable } from "node:stream";
import type { Timer } from "~/timer";
import { constants, createBrotliDecompress, createUnzip } from "node:zlib";

/** The bytes of a response. */
export type ResponseBytes = {
  /** Those that have arrived; null at the end. @throws the error of the connection */
  read(): Promise<Uint8Array | null>;
  /** Ends the connection. */
  cancel(): void;
};

export type PostedResponse = {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  body: ResponseBytes;
};

export type PostOptions = {
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
  timer: Timer;
  /** Redirects that may still be followed. */
  redirects?: number;
};

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;
/** Bytes that may wait to be read, before the connection is read no further. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * Posts JSON. In place of `fetch`, whose two streams around a body take half of the processor time of a token; like it,
 * follows redirects that keep the method, and decompresses.
 * @throws the error of the connection, or TypeError for headers that cannot be sent
 */
export async function postJson(url: string, options: PostOptions): Promise<PostedResponse> {
  const { redirects = MAX_REDIRECTS } = options;
  const response = await send(url, options);
  const { statusCode: status = 0, statusMessage: statusText = "", headers } = response;
  const to = (status === 307 || status === 308) && redirects > 0 ? webAddress(headers.location, url) : null;
  if (to) {
    response.destroy();
    const { Authorization: _, ...others } = options.headers;
    // As in `fetch`, a key is for its own server only.
    const sent = to.origin === new URL(url).origin ? options.headers : others;
    return postJson(to.toString(), { ...options, headers: sent, redirects: redirects - 1 });
  }
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { status, statusText, headers: Object.fromEntries(texts), body: readerOf(decompressed(response)) };
}

/** Null for anything else than an address of the web. @param base the address that a relative one is relative to */
function webAddress(address: string | undefined, base: string): URL | null {
  const url = address === undefined ? null : URL.parse(address, base);
  return url && /^https?:$/.test(url.protocol) ? url : null;
}

function send(url: string, options: PostOptions, isResent = false): Promise<IncomingMessage> {
  const { headers, body, signal, timer } = options;
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "*/*", ...headers },
      signal,
      // A new connection.
      ...(isResent && { agent: false }),
    });
    limitConnecting(sent, timer);
    sent.on("response", resolve);
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The server has closed a connection that was kept open, before it saw this request.
      if (sent.reusedSocket && error.code === "ECONNRESET" && !isResent) resolve(send(url, options, true));
      else reject(error);
    });
    sent.end(body);
  });
}

function limitConnecting(sent: ClientRequest, timer: Timer) {
  sent.on("socket", (socket) => {
    if (!socket.connecting) return;
    const late = () => sent.destroy(Object.assign(new Error("connect timeout"), { code: "ETIMEDOUT" }));
    const cancel = timer(CONNECT_TIMEOUT_MS, late);
    for (const event of ["connect", "close"]) socket.once(event, cancel);
  });
}

/** Compression is not asked for, but some servers compress all the same. */
function decompressed(response: IncomingMessage): Readable {
  const encoding = response.headers["content-encoding"] ?? "identity";
  const { Z_SYNC_FLUSH: flush, BROTLI_OPERATION_FLUSH: brotliFlush } = constants;
  if (/^(x-)?gzip$|^deflate$/i.test(encoding)) {
    return pipeline(response, createUnzip({ flush, finishFlush: flush }), () => undefined);
  }
  if (/^br$/i.test(encoding)) {
    return pipeline(response, createBrotliDecompress({ flush: brotliFlush }), () => undefined);
  }
  return response;
}

function readerOf(body: Readable): ResponseBytes {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let failure: Error | null = null;
  let isOver = false;
  let wake = () => {};
  body.on("data", (some: Buffer) => {
    waiting.push(some);
    bytes += some.length;
    if (bytes > MAX_WAITING_BYTES) body.pause();
    wake();
  });
  body.on("error", (error) => {
    failure = error;
    wake();
  });
  // After the end, too.
  body.on("close", () => {
    isOver = true;
    wake();
  });
  return {
    async read() {
      while (bytes === 0) {
        if (failure) throw failure as Error;
        if (isOver) return null;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const some = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
      [waiting, bytes] = [[], 0];
      body.resume();
      return some;
    },
    cancel: () => void body.destroy(),
  };
}
