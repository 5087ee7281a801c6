import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { rawRequest, requestHead as head } from "../fixtures/raw-request";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

const say = (text: string) => rawRequest(server.url, text);

describe("what is no fault of the server", () => {
  it.each([
    ["a method that repeats what it is given", head("TRACE / HTTP/1.1", "Host: x"), 405],
    ["a form for a page", head("POST / HTTP/1.1", "Host: x", "Content-Length: 0"), 405],
    ["a host that is none", head("GET / HTTP/1.1", "Host: a b"), 400],
    ["no host", head("GET / HTTP/1.0"), 400],
    ["a forwarded host that is none", head("GET / HTTP/1.1", "Host: x", "X-Forwarded-Host: [::1"), 400],
    [
      "an origin that is none",
      head("POST /api/session/stop HTTP/1.1", "Host: x", "Origin: y", "Content-Length: 0"),
      400,
    ],
    [
      "a HEAD of a page's data from another site",
      head("HEAD /_root.data HTTP/1.1", "Host: x", "Origin: null"),
      405,
    ],
    ["Remix's old way to data", head("GET /?_data=root HTTP/1.1", "Host: x"), 400],
    ["an address that is too long", head(`GET /${"a".repeat(20_000)} HTTP/1.1`, "Host: x"), 431],
    [
      "a forwarded host with a port that is none",
      head("GET / HTTP/1.1", "Host: localhost", "X-Forwarded-Host: x:99999"),
      400,
    ],
    ["headers that are too long", head("GET / HTTP/1.1", "Host: x", `X-Big: ${"a".repeat(20_000)}`), 431],
    [
      "two lengths",
      head("POST /api/session/stop HTTP/1.1", "Host: x", "Content-Length: 1", "Content-Length: 2"),
      400,
    ],
  ])("is the sender's, and not in the log: %s", async (_, text, status) => {
    const before = server.output().length;
    expect(await say(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
    expect(server.output().slice(before)).not.toMatch(/"level":"error"|\n\s+at /);
  });

  it("nor is JSON that is deeper than anybody needs", async () => {
    for (const body of [
      "[".repeat(100_000) + "]".repeat(100_000),
      `{"a":`.repeat(40_000) + "1" + "}".repeat(40_000),
    ]) {
      const response = await fetch(`${server.url}/api/session`, {
        method: "PATCH",
        headers: { "X-Session-Id": newId(), "Content-Type": "application/json" },
        body,
      });
      expect(response.status).toBe(400);
    }
  });
});
