import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBuiltFiles } from "./built-files";

const SCRIPT = "export const answer = 42;\n".repeat(1_000);
const PICTURE = Buffer.from("89504e470d0a1a0a", "hex");
let folder: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-built-"));
  mkdirSync(join(folder, "chunks"));
  writeFileSync(join(folder, "chunks/entry-AB.js"), SCRIPT);
  writeFileSync(join(folder, "icon.png"), PICTURE);
  writeFileSync(join(folder, "notes.xyz"), "what no browser asks for");
  const root = pathToFileURL(`${folder}/`);
  const files = createBuiltFiles([
    { folder: new URL("chunks/", root), at: "/build/", headers: { "Cache-Control": "immutable" } },
    { folder: root, at: "/", headers: { "Cache-Control": "max-age=1" } },
  ]);
  server = createServer((request, response) => {
    if (!files.answer(request, response)) response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(path: string, headers: Record<string, string> = {}, method = "GET") {
  const { port } = server.address() as AddressInfo;
  const request = httpRequest({ port, host: "127.0.0.1", path, headers, method }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(pieces) };
}

describe("a file of the build", () => {
  it.each([
    ["br, gzip, zstd", "br", brotliDecompressSync],
    ["gzip, deflate", "gzip", gunzipSync],
    ["br;q=0, GZIP;q=0.5", "gzip", gunzipSync],
    ["gzip;q=0.0", undefined, (bytes: Buffer) => bytes],
    ["identity", undefined, (bytes: Buffer) => bytes],
  ])("a file of the build has the best encoding that is accepted: %s", async (accepted, encoding, decode) => {
    const { status, headers, bytes } = await ask("/build/entry-AB.js?v", { "Accept-Encoding": accepted });
    expect(status).toBe(200);
    expect(headers["content-encoding"]).toBe(encoding);
    expect(headers).toMatchObject({
      vary: "Accept-Encoding",
      "cache-control": "immutable",
      "content-type": "text/javascript; charset=utf-8",
      "content-length": String(bytes.length),
    });
    expect(decode(bytes).toString()).toBe(SCRIPT);
  });

  it("a file of the build is compressed only where that saves bytes", async () => {
    const { headers, bytes } = await ask("/icon.png", { "Accept-Encoding": "br, gzip" });
    expect(headers["content-encoding"]).toBeUndefined();
    expect(headers).toMatchObject({ "content-type": "image/png", "cache-control": "max-age=1" });
    expect(bytes).toEqual(PICTURE);
  });

  it("a file of the build is read and compressed once for all responses", async () => {
    const first = await ask("/build/entry-AB.js", { "Accept-Encoding": "br" });
    rmSync(join(folder, "chunks/entry-AB.js"));
    const again = await ask("/build/entry-AB.js", { "Accept-Encoding": "br" });
    expect(again.bytes).toEqual(first.bytes);
  });

  it("a file of the build that cannot be read is a 500 without details, and is read again for the next request", async () => {
    const path = join(folder, "icon.png");
    rmSync(path);
    expect(await ask("/icon.png")).toMatchObject({ status: 500, bytes: Buffer.alloc(0) });
    writeFileSync(path, PICTURE);
    expect(await ask("/icon.png")).toMatchObject({ status: 200, bytes: PICTURE });
  });

  it("a file of the build has no body in responses 304 and to HEAD", async () => {
    const { headers } = await ask("/icon.png");
    const repeated = await ask("/icon.png", { "If-None-Match": `"other", ${headers.etag}` });
    expect(repeated).toMatchObject({ status: 304, bytes: Buffer.alloc(0) });
    expect((await ask("/icon.png", { "If-None-Match": '"other"' })).status).toBe(200);
    const head = await ask("/icon.png", {}, "HEAD");
    expect(head.headers["content-length"]).toBe(String(PICTURE.length));
    expect(head.bytes).toHaveLength(0);
  });
});

it.each([
  ["/"],
  ["/build/"],
  ["/notes.xyz"],
  ["/build/nothing.js"],
  ["/build/../icon.png"],
  ["/build/%2e%2e/icon.png"],
  ["/chunks"],
])("a request for any other file is passed on: %s", async (path) => {
  expect((await ask(path)).status).toBe(404);
});

it("requests other than GET and HEAD are passed on", async () => {
  expect((await ask("/icon.png", {}, "POST")).status).toBe(404);
});
