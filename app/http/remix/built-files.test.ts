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
  ])("comes in the best form that is accepted: %s", async (accepted, encoding, decode) => {
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

  it("is compressed only where that saves something", async () => {
    const { headers, bytes } = await ask("/icon.png", { "Accept-Encoding": "br, gzip" });
    expect(headers["content-encoding"]).toBeUndefined();
    expect(headers).toMatchObject({ "content-type": "image/png", "cache-control": "max-age=1" });
    expect(bytes).toEqual(PICTURE);
  });

  it("is read and compressed once, whatever becomes of it", async () => {
    const first = await ask("/build/entry-AB.js", { "Accept-Encoding": "br" });
    rmSync(join(folder, "chunks/entry-AB.js"));
    const again = await ask("/build/entry-AB.js", { "Accept-Encoding": "br" });
    expect(again.bytes).toEqual(first.bytes);
  });

  it("that could not be read is an error without details, and is tried again", async () => {
    const path = join(folder, "icon.png");
    rmSync(path);
    expect(await ask("/icon.png")).toMatchObject({ status: 500, bytes: Buffer.alloc(0) });
    writeFileSync(path, PICTURE);
    expect(await ask("/icon.png")).toMatchObject({ status: 200, bytes: PICTURE });
  });

  it("is not sent again to whoever has it, nor to whoever asks for its head", async () => {
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
])("what is no such file is left to others: %s", async (path) => {
  expect((await ask(path)).status).toBe(404);
});

it("changes are left to others", async () => {
  expect((await ask("/icon.png", {}, "POST")).status).toBe(404);
});
