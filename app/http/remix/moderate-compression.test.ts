import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { moderateCompression } from "./moderate-compression";

let server: Server;
afterEach(() => void server.close().closeAllConnections());

/** A server that compresses as remix-serve does and leaves its responses open. */
async function serve(max: number) {
  const moderate = moderateCompression({ max });
  const ends: (() => void)[] = [];
  server = createServer((request, response) => {
    moderate(request, response);
    const accepted = request.headers["accept-encoding"];
    response.setHeader("X-Accepted", accepted ?? "nothing");
    if (accepted && request.url === "/large") response.setHeader("Content-Encoding", accepted);
    response.write("beginning");
    ends.push(() => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const ask = async (path: string, accepted: string) => {
    const headers = { "Accept-Encoding": accepted };
    const { port } = server.address() as AddressInfo;
    const request = httpRequest({ port, host: "127.0.0.1", path, headers, agent: false }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { request, response, accepted: response.headers["x-accepted"] };
  };
  return { ask, ends };
}

it("responses are compressed by gzip if the client accepts it", async () => {
  const { ask } = await serve(10);
  const seen = [];
  for (const accepted of ["gzip, deflate, br, zstd", "br", "br, gzip;q=0", "identity"]) {
    seen.push((await ask("/large", accepted)).accepted);
  }
  expect(seen).toEqual(["gzip", "nothing", "nothing", "nothing"]);
});

it("no more responses than the limit are compressed at a time, until one ends or its client leaves", async () => {
  const { ask, ends } = await serve(2);
  const first = await ask("/large", "gzip");
  const second = await ask("/large", "gzip");
  expect((await ask("/large", "gzip")).accepted).toBe("nothing");
  ends[0]!();
  await once(first.response.resume(), "end");
  expect((await ask("/large", "gzip")).accepted).toBe("gzip");
  expect((await ask("/large", "gzip")).accepted).toBe("nothing");
  second.request.destroy();
  await expect.poll(async () => (await ask("/large", "gzip")).accepted).toBe("gzip");
});

it("responses that are not compressed do not count, however long they last", async () => {
  const { ask } = await serve(1);
  for (let count = 0; count < 3; count++) expect((await ask("/stream", "gzip")).accepted).toBe("gzip");
  expect((await ask("/large", "gzip")).accepted).toBe("gzip");
  expect((await ask("/stream", "gzip")).accepted).toBe("nothing");
});
