import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { rawRequest, requestHead, statusOfAnswer } from "../fixtures/raw-request";

let server: AppServer;
let port: string;
beforeAll(async () => {
  server = await startAppServer({ env: { LOG_LEVEL: "debug", ALLOWED_HOSTS: "chat.example, *.lan" } });
  port = new URL(server.url).port;
});
afterAll(() => server.stop());

const say = (line: string, ...headers: string[]) => rawRequest(server.url, requestHead(line, ...headers));
const statusOf = async (line: string, ...headers: string[]) => statusOfAnswer(await say(line, ...headers));

/** The lines of the log that a piece of work has caused, once the last of them is there. */
async function linesOf(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const before = server.output().length;
  await work();
  const marker = newId();
  await fetch(`${server.url}/api/models?${marker}`);
  const lines = () => server.output().slice(before).trim().split("\n");
  await expect.poll(() => lines().some((line) => line.includes("/api/models"))).toBe(true);
  return (
    lines()
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      // Sweeps go on meanwhile, and each has a line.
      .filter(({ route, msg }) => route !== "/api/models" && !String(msg).startsWith("swept "))
  );
}

describe("health checks", () => {
  it.each(["/healthz", "/readyz"])("answer %s however a balancer asks", async (path) => {
    const heads: [string, ...string[]][] = [
      [`GET ${path} HTTP/1.0`],
      [`HEAD ${path} HTTP/1.0`],
      [`OPTIONS ${path} HTTP/1.0`],
      [`GET ${path}?from=balancer HTTP/1.0`],
      [`GET ${path} HTTP/1.1`, "Host: 10.0.3.7:3000"],
      [`GET ${path} HTTP/1.1`, "Host: evil.test"],
      [`GET ${path} HTTP/1.1`, "Host:"],
      [`OPTIONS ${path} HTTP/1.1`, "Host: 10.0.3.7"],
      [`GET http://10.0.3.7:3000${path} HTTP/1.1`, "Host: x"],
      [`GET http://chat.example${path} HTTP/1.0`],
      [`GET ${path} HTTP/1.1`, "Host: chat.example", "Sec-Fetch-Site: cross-site"],
      [`GET ${path} HTTP/1.1`, "Host: 10.0.3.7", "X-Forwarded-Host: no host"],
      [`GET ${path} HTTP/1.1`, "Host: 10.0.3.7", "X-Forwarded-Host: status.example"],
      [`GET ${path} HTTP/1.1`, "Host: 10.0.3.7", "Origin: no origin"],
    ];
    for (const head of heads) expect([head, await statusOf(...head)]).toEqual([head, 200]);
  });

  it("are refused in other ways than reading", async () => {
    for (const method of ["POST", "PUT", "DELETE", "TRACE"])
      expect(await statusOf(`${method} /readyz HTTP/1.1`, "Host: localhost", "Content-Length: 0")).toBe(405);
  });
});

describe("a method that no address takes", () => {
  it.each([
    ["PROPFIND", "/api/session"],
    ["QUERY", "/api/nothing"],
    ["MOVE", "/"],
    ["TRACE", "/api/models"],
  ])("is refused in our form: %s %s", async (method, path) => {
    const answer = await say(`${method} ${path} HTTP/1.1`, "Host: localhost", "Content-Length: 0");
    expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n/);
    expect(answer).toContain('{"error":{"code":"method_not_allowed"');
  });
});

describe("a request without a host", () => {
  it("is refused, but for health", async () => {
    expect(await statusOf("GET / HTTP/1.0")).toBe(400);
    expect(await statusOf("GET /api/models HTTP/1.0")).toBe(400);
    expect(await statusOf("GET / HTTP/1.1")).toBe(400);
    expect(await statusOf("GET /readyz HTTP/1.1")).toBe(200);
  });
});

describe("bytes that are no request", () => {
  const post = "POST /api/session/stop HTTP/1.1\r\nHost: localhost\r\n";
  it.each([
    ["another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a header with a NUL", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"],
    ["two lengths", `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a body with a bad chunk", `${post}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`],
  ])("are refused as every other request is: %s", async (_, bytes) => {
    const answer = await rawRequest(server.url, bytes);
    expect(statusOfAnswer(answer)).toBe(400);
    expect(answer).toMatch(/^X-Node: \S+\r$/m);
    expect(JSON.parse(answer.split("\r\n\r\n")[1]!)).toMatchObject({ error: { code: "bad_request" } });
  });
});

describe("an address without a route", () => {
  it("takes the whole body, so that the next request on the connection is answered", async () => {
    const head = "POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n";
    const next = requestHead("GET /healthz HTTP/1.1", "Host: localhost");
    const answers = await rawRequest(server.url, head + "x".repeat(300_000) + next);
    expect(answers.match(/^HTTP\/1\.1 \d{3}/gm)).toEqual(["HTTP/1.1 404", "HTTP/1.1 200"]);
  });
});

describe("a body that is far too long", () => {
  it.each([
    ["without a route", "/api/nothing", 404],
    ["of a command", "/api/session/messages", 413],
    ["of a file", "/api/session/attachments", 413],
  ])("%s is taken, so that the next request on the connection is answered", async (_, path, status) => {
    const bytes = 20_000_000;
    const head = [
      ...[`POST ${path} HTTP/1.1`, "Host: localhost", `X-Session-Id: ${newId()}`, "X-File-Name: a"],
      ...["Content-Type: application/json", `Content-Length: ${String(bytes)}\r\n\r\n`],
    ].join("\r\n");
    const next = requestHead("GET /healthz HTTP/1.1", "Host: localhost");
    const answers = await rawRequest(server.url, head + "x".repeat(bytes) + next);
    expect(answers.match(/^HTTP\/1\.1 \d{3}/gm)).toEqual([`HTTP/1.1 ${String(status)}`, "HTTP/1.1 200"]);
  });
});

describe("a target that is no path", () => {
  it.each([
    ["the server as a whole", "OPTIONS * HTTP/1.1", "localhost", 204],
    ["an absolute address of ours", "GET http://localhost/api/models HTTP/1.1", "evil.test", 200],
    ["an absolute address of another", "GET http://evil.test/api/models HTTP/1.1", "localhost", 403],
    ["an absolute address without a path", "GET http://localhost HTTP/1.1", "localhost", 200],
    ["an absolute address with a person in it", "GET http://a:b@localhost/ HTTP/1.1", "localhost", 400],
    ["another protocol", "GET ftp://localhost/ HTTP/1.1", "localhost", 400],
    ["all of the server, to read", "GET * HTTP/1.1", "localhost", 400],
    ["a form for an absolute page", "POST http://localhost/ HTTP/1.1", "localhost", 405],
  ])("is answered: %s", async (_, line, host, status) => {
    expect(await statusOf(line, `Host: ${host}`, "Content-Length: 0")).toBe(status);
  });
});

describe("a path that does not decode", () => {
  const id = newId();
  it.each([
    `/share%ff${id}`,
    `/${id}%`,
    `/${id}%zz`,
    `/%c0%af${id}`,
    `/${id}%80`,
    `/${id}%e2%82`,
    `/${id}%ed%a0%80`,
    `/${id}%00`,
    `/%2e%2e/${id}`,
    `/../${id}`,
    `/${id}\\x`,
    `/build/%2e%2e/${id}`,
    `/api/session%ff/${id}`,
    `/api/session/attachments/%ff${id}`,
    `/favicon.ico%ff${id}`,
    `/${id}%ff.data`,
    `http://localhost/${id}%ff`,
  ])("is 400, and one line without it: %s", async (path) => {
    for (const [method, host] of [
      ["GET", "localhost"],
      ["GET", "evil.test"],
      ["HEAD", "localhost"],
    ]) {
      const lines = await linesOf(async () => {
        expect(await statusOf(`${method} ${path} HTTP/1.1`, `Host: ${host}`)).toBe(400);
      });
      expect(lines).toEqual([expect.objectContaining({ msg: "request", status: 400, method })]);
      expect(JSON.stringify(lines)).not.toContain(id);
      expect(JSON.stringify(lines)).not.toContain("%");
    }
  });
});

describe("a server on this machine's loopback", () => {
  it("answers to the names of loopback, and to those that are listed", async () => {
    for (const host of ["localhost", `LOCALHOST.:${port}`, "a.localhost", "127.9.9.9:1", "[::1]:3000"])
      expect([host, await statusOf("GET /api/models HTTP/1.1", `Host: ${host}`)]).toEqual([host, 200]);
    for (const host of ["chat.example", "Chat.Example:443", "box.lan"])
      expect([host, await statusOf("GET / HTTP/1.1", `Host: ${host}`)]).toEqual([host, 200]);
  });

  it("refuses every other name, on which a page of another site may have come here", async () => {
    const paths = ["/", "/share", "/api/models", "/api/nothing", "/favicon.svg", "/service-worker.js"];
    for (const path of [...paths, "/_root.data", "/nowhere", "/API/models"]) {
      for (const host of ["evil.test", "evil.test:80", "localhost.evil.test", "0.0.0.0", "192.168.0.7"]) {
        const answer = await say(`GET ${path} HTTP/1.1`, `Host: ${host}`);
        expect([path, host, statusOfAnswer(answer)]).toEqual([path, host, 403]);
        expect(answer).toContain("host_not_allowed");
      }
    }
    const forged = ["Host: evil.test", "X-Forwarded-Host: localhost"];
    expect(await statusOf("GET /api/models HTTP/1.1", ...forged)).toBe(403);
  });
});

describe("the API", () => {
  const stop = (...headers: string[]) =>
    say(
      "POST /api/session/stop HTTP/1.1",
      `Host: localhost:${port}`,
      `X-Session-Id: ${newId()}`,
      "Content-Length: 0",
      ...headers,
    );

  it.each(["cross-site", "same-site", "Cross-Site", "unheard-of"])(
    "refuses what the page of another site has sent: %s",
    async (site) => {
      const paths = [
        "/api/models",
        "/API/models",
        "/%61pi/models",
        "/api/models/",
        "/api/session",
        "/api/access",
      ];
      for (const path of paths) {
        const answer = await say(`GET ${path} HTTP/1.1`, "Host: localhost", `Sec-Fetch-Site: ${site}`);
        expect([path, statusOfAnswer(answer)]).toEqual([path, 403]);
        expect(answer).toContain("cross_site_request");
      }
      expect(statusOfAnswer(await stop(`Sec-Fetch-Site: ${site}`))).toBe(403);
    },
  );

  it("takes what our own page sends, and programs that are no browser", async () => {
    const own: string[][] = [
      [],
      ["Sec-Fetch-Site: same-origin", `Origin: http://localhost:${port}`],
      // The browser says so itself, whatever a proxy has made of the host.
      ["Sec-Fetch-Site: same-origin", "Origin: https://public.example"],
      ["Sec-Fetch-Site: none"],
      [`Origin: http://localhost:${port}`],
      ["Origin: https://chat.example"],
    ];
    for (const headers of own) {
      const status = statusOfAnswer(await stop(...headers));
      expect([headers, status]).toEqual([headers, 202]);
    }
  });

  it("refuses changes from a page of another host where the browser says no more", async () => {
    for (const origin of ["https://evil.test", "null", "https://chat.example.evil.test"])
      expect([origin, statusOfAnswer(await stop(`Origin: ${origin}`))]).toEqual([origin, 403]);
    expect(await statusOf("GET /api/models HTTP/1.1", "Host: localhost", "Origin: https://evil.test")).toBe(
      200,
    );
  });

  it("leaves pages, files and the service worker to links on any site", async () => {
    for (const path of [
      "/",
      "/share",
      "/move",
      "/favicon.svg",
      "/service-worker.js",
      "/diagrams",
      "/_root.data",
    ])
      expect([
        path,
        await statusOf(`GET ${path} HTTP/1.1`, "Host: localhost", "Sec-Fetch-Site: cross-site"),
      ]).toEqual([path, 200]);
  });
});
