import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { realTimer } from "~/clocks";
import { postJson, type PostedResponse } from "./post-json";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (url: string, headers: Record<string, string> = {}, signal = new AbortController().signal) =>
  postJson(url, { headers, body: '{"a":1}', signal, timer: realTimer });

async function textOf({ body }: PostedResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let some = await body.read(); some !== null; some = await body.read()) pieces.push(some);
  return Buffer.concat(pieces).toString();
}

test("JSON is posted with its headers, and the response is returned with its own", async () => {
  const url = await serve((request, response) => {
    response.writeHead(201, { "X-Own": "yes" });
    request.pipe(response);
    response.statusMessage = "Made";
  });
  const response = await post(url);
  expect({ ...response, body: await textOf(response) }).toMatchObject({
    status: 201,
    headers: { "x-own": "yes" },
    body: '{"a":1}',
  });
});

test("bytes of a response are read as they arrive", async () => {
  const more = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.write("one");
    void more.promise.then(() => response.end("two"));
  });
  const { body } = await post(url);
  expect(String(await body.read())).toBe("one");
  more.resolve();
  expect(String(await body.read())).toBe("two");
  expect(await body.read()).toBeNull();
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
])("a response that is compressed by %s is decompressed", async (encoding, compress) => {
  const url = await serve((_, response) => {
    response.writeHead(200, { "Content-Encoding": encoding }).end(compress("plain"));
  });
  expect(await textOf(await post(url))).toBe("plain");
});

test("a redirect that keeps the method is followed, with the key only to the same origin", async () => {
  const elsewhere = await serve((request, response) => {
    response.end(`${request.method} ${request.headers.authorization ?? "without a key"}`);
  });
  const url = await serve((request, response) => {
    if (request.url === "/far") response.writeHead(307, { Location: elsewhere }).end();
    else if (request.url === "/near") response.writeHead(308, { Location: "/here" }).end();
    else response.end(`${request.method} ${request.headers.authorization}`);
  });
  const key = { Authorization: "Bearer k" };
  expect(await textOf(await post(`${url}/near`, key))).toBe("POST Bearer k");
  expect(await textOf(await post(`${url}/far`, key))).toBe("POST without a key");
});

test.each(["http://[", "ftp://127.0.0.1/", ""])("a redirect to %j is not followed", async (location) => {
  const url = await serve((_, response) => response.writeHead(307, { Location: location }).end());
  expect((await post(url)).status).toBe(307);
});

test("redirects without an end are given up", async () => {
  const url = await serve((_, response) => response.writeHead(307, { Location: "/" }).end());
  expect((await post(url)).status).toBe(307);
});

test("a request on a connection that the server has closed meanwhile is sent again on another one", async () => {
  let requests = 0;
  const url = await serve((request, response) => {
    requests += 1;
    // As if it had been closed just before this request came.
    if (requests === 2) request.socket.resetAndDestroy();
    else response.end("answer");
  });
  expect(await textOf(await post(url))).toBe("answer");
  expect(await textOf(await post(url))).toBe("answer");
  expect(requests).toBe(3);
});

test("a response that breaks off fails after what has arrived", async () => {
  const url = await serve((_, response) => {
    response.write("one");
    setImmediate(() => response.destroy());
  });
  const { body } = await post(url);
  expect(String(await body.read())).toBe("one");
  await expect(body.read()).rejects.toThrow();
});

test("the signal ends the connection", async () => {
  const left = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.write("one");
    response.on("close", left.resolve);
  });
  const abort = new AbortController();
  const { body } = await post(url, {}, abort.signal);
  await body.read();
  const rest = expect(body.read()).rejects.toThrow();
  abort.abort();
  await rest;
  await left.promise;
});

test("a response that is not read is received no further than a limit", async () => {
  let written = 0;
  const url = await serve((_, response) => {
    const piece = Buffer.alloc(64 * 1024);
    const write = () => {
      while (response.write(piece)) written += piece.length;
      written += piece.length;
    };
    response.on("drain", write);
    write();
  });
  const { body } = await post(url);
  // Until nothing more is taken. Beside the limit, the system's buffers of a connection hold some megabytes.
  for (let before = -1; before !== written && written < 50_000_000;) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(written).toBeLessThan(20_000_000);
  expect((await body.read())!.length).toBeGreaterThan(0);
  body.cancel();
});

test("a header that cannot be sent is a TypeError", async () => {
  await expect(post(await serve(() => undefined), { Authorization: "k\n" })).rejects.toThrow(TypeError);
});
