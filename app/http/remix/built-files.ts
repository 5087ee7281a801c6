import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { acceptsEncoding } from "./accepts-encoding";
import { isKnown } from "~/http/etag";

/** A folder whose files, also in subfolders, are served under the address `at`. Both end with a slash. */
export type BuiltFolder = { folder: URL; at: string; headers: Readonly<Record<string, string>> };

export type BuiltFiles = {
  /** Answers a request for one of the files. @returns false for any other request */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
};

type Encoding = "br" | "gzip" | "identity";
type Body = { bytes: Buffer; etag: string };

const TYPES: Readonly<Record<string, { type: string; isCompressed?: true }>> = {
  js: { type: "text/javascript; charset=utf-8" },
  mjs: { type: "text/javascript; charset=utf-8" },
  css: { type: "text/css; charset=utf-8" },
  svg: { type: "image/svg+xml" },
  webmanifest: { type: "application/manifest+json" },
  ttf: { type: "font/ttf" },
  woff: { type: "font/woff", isCompressed: true },
  woff2: { type: "font/woff2", isCompressed: true },
  png: { type: "image/png", isCompressed: true },
  ico: { type: "image/x-icon", isCompressed: true },
};
/** Compresses better than remix-serve's setting; all files together take a fifth of a second. */
const BROTLI_QUALITY = 6;

const compressWith = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
  identity: async (bytes: Buffer) => bytes,
};

/**
 * Serves the files of the build instead of remix-serve. Each is read and compressed once, at its first request, and
 * cached. All responses share its bytes, so neither many requests nor slow readers cost memory or work. Where two folders
 * have a file for the same address, the first folder's is served. Files made later are not served.
 * @throws errors of reading a folder
 */
export function createBuiltFiles(folders: readonly BuiltFolder[]): BuiltFiles {
  const files = new Map<string, ReturnType<typeof createBuiltFile>>();
  /** Compresses one file at a time, because the volume needs libuv's threads, too. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  for (const { folder, at, headers } of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const kind = TYPES[/\.(\w+)$/.exec(name)?.[1] ?? ""];
      if (kind && !files.has(at + name)) {
        files.set(at + name, createBuiltFile(new URL(name, folder), kind, headers, inTurn));
      }
    }
  }

  return {
    answer(request, response) {
      if (request.method !== "GET" && request.method !== "HEAD") return false;
      const file = files.get((request.url ?? "").split("?", 1)[0]!);
      if (!file) return false;
      void file.answer(request, response).catch(() => {
        response.writeHead(500, { "Cache-Control": "no-store" }).end();
      });
      return true;
    },
  };
}

function createBuiltFile(
  url: URL,
  { type, isCompressed = false }: { type: string; isCompressed?: boolean },
  headers: Readonly<Record<string, string>>,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
) {
  const bodies = new Map<Encoding, Promise<Body>>();

  function body(encoding: Encoding): Promise<Body> {
    const known = bodies.get(encoding);
    if (known) return known;
    const made = inTurn(async () => {
      const bytes = await readFile(url);
      const etag = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
      return { bytes: await compressWith[encoding](bytes), etag: `"${etag}-${encoding}"` };
    });
    bodies.set(encoding, made);
    // A failure is not cached.
    made.catch(() => bodies.delete(encoding));
    return made;
  }

  return {
    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const encodings = isCompressed ? [] : (["br", "gzip"] as const);
      const encoding = encodings.find((name) => acceptsEncoding(request, name)) ?? "identity";
      const { bytes, etag } = await body(encoding);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.setHeader("ETag", etag);
      if (!isCompressed) response.setHeader("Vary", "Accept-Encoding");
      if (isKnown(request.headers["if-none-match"], etag)) {
        response.writeHead(304).end();
        return;
      }
      if (encoding !== "identity") response.setHeader("Content-Encoding", encoding);
      response.setHeader("Content-Type", type);
      response.setHeader("Content-Length", bytes.length);
      response.end(request.method === "HEAD" ? undefined : bytes);
    },
  };
}
