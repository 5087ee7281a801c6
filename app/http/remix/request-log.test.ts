import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { hashSessionId, sessionFingerprint } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { realClocks } from "~/clocks";
import { createRequestLog } from "./request-log";
import { requestRoute } from "./request-route";

let server: Server;
afterEach(() => server.close().closeAllConnections());

type Line = Record<string, unknown> & { level: string };

async function serve(answer: RequestListener, { debug = false } = {}) {
  const lines: Line[] = [];
  const statuses: (number | null)[] = [];
  const written = new EventTarget();
  const write = (level: string) => (fields: object, msg: string) => {
    lines.push({ level, ...fields, msg });
  };
  const log = {
    isLevelEnabled: (level: string) => debug || level !== "debug",
    info: write("info"),
    debug: write("debug"),
  };
  const observe = createRequestLog({
    log,
    now: realClocks.now,
    onRequestEnd: (status) => statuses.push(status),
  });
  server = createServer((request, response) => {
    observe(request, response);
    response.once("close", () => written.dispatchEvent(new Event("ended")));
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    lines,
    statuses,
    /** Resolves when the response has ended for the server. `read` is the behaviour of the client. */
    async ask(path: string, headers = {}, read = (response: IncomingMessage) => void response.resume()) {
      const ended = once(written, "ended");
      request({ port, path, headers, host: "127.0.0.1" }, read)
        .on("error", () => undefined)
        .end();
      await ended;
    },
  };
}

describe("a request", () => {
  it("a request is logged as one line with route, status, time, bytes and the session's fingerprint", async () => {
    const { ask, lines, statuses } = await serve((_, response) => response.end("x".repeat(10_000)));
    const id = newId();
    await ask("/api/session?watch", { "X-Session-Id": id });
    expect(lines).toEqual([
      {
        ...{ level: "info", msg: "request", method: "GET", route: "/api/session", status: 200 },
        durationMs: expect.any(Number) as number,
        bytes: expect.any(Number) as number,
        session: sessionFingerprint(hashSessionId(id)),
      },
    ]);
    expect(lines[0]!.bytes).toBeGreaterThan(10_000);
    expect(lines[0]!.bytes).toBeLessThan(10_500);
    expect(statuses).toEqual([200]);
  });

  it("a logged request counts only its own bytes on a reused connection", async () => {
    const { ask, lines } = await serve((_, response) => response.end("x".repeat(10_000)));
    for (let time = 0; time < 2; time++) await ask("/", { Connection: "keep-alive" });
    expect(lines[1]!.bytes).toBe(lines[0]!.bytes);
  });

  it("a request whose client leaves is logged as aborted, without a status if it had none", async () => {
    const { ask, lines, statuses } = await serve((request, response) => {
      if (request.url === "/") request.socket.destroy();
      else response.write("begun");
    });
    await ask("/api/session/stream", {}, (response) => void response.once("data", () => response.destroy()));
    await ask("/");
    expect(lines).toMatchObject([
      { route: "/api/session/stream", status: 200, aborted: true },
      { route: "/", status: null, aborted: true },
    ]);
    expect(statuses).toEqual([200, null]);
  });

  it("a request with an invalid session id is logged without a session", async () => {
    const { ask, lines } = await serve((_, response) => response.end());
    await ask("/api/session", { "X-Session-Id": "../../etc/passwd" });
    expect(lines[0]).not.toHaveProperty("session");
  });

  it.each(["/healthz", "/readyz", "/build/root-ABC.js", "/favicon.ico"])(
    "a request for %s is logged at debug level only, and not counted",
    async (path) => {
      const quiet = await serve((_, response) => response.writeHead(503).end());
      await quiet.ask(path);
      expect([quiet.lines, quiet.statuses]).toEqual([[], []]);
      server.close();
      const debug = await serve((_, response) => response.end(), { debug: true });
      await debug.ask(path);
      expect(debug.lines).toMatchObject([{ level: "debug", status: 200 }]);
    },
  );
});

describe("the route of a request", () => {
  const secret = newId();

  it.each([
    ["/", "/"],
    ["/?x=1", "/"],
    ["/_root.data", "/"],
    ["/api/session/messages", "/api/session/messages"],
    [`/api/session/${secret}`, "/api/*"],
    [`/api/session?id=${secret}`, "/api/session"],
    [`/${secret}`, "/*"],
    [`/${secret}.png`, "/*"],
    [`/build/${secret}.js`, "/build/*"],
    [`/__manifest?p=/${secret}`, "/__manifest"],
    [`http://x/${secret}`, "/*"],
    ["/%E0%A4%A", "/*"],
    ["*", "/*"],
  ])("the route of %s is %s", (url, route) => {
    expect(requestRoute(url).route).toBe(route);
  });

  it("every route of the app is logged as itself", () => {
    const routes = readdirSync("app/routes")
      .filter((file) => !file.includes(".test.") && !file.includes("$"))
      .map((file) => file.replace(/\.tsx?$/, ""));
    // Remix has a slash for a dot, unless that stands in brackets.
    const toPath = (dot: string) => (dot === "." ? "/" : ".");
    const paths = routes.map((name) =>
      name === "_index" ? "/" : `/${name.replaceAll("_.", ".").replace(/\[\.\]|\./g, toPath)}`,
    );
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.map((path) => requestRoute(path).route)).toEqual(paths);
  });
});
