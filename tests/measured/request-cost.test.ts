import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { buildVersion } from "../fixtures/build-version";
import { leastProcessorMs } from "../fixtures/load/processor-time";

/** How much more processor time than the page's own any single request may take. */
const MAX_PAGES = 10;
const RUNS = 5;

let server: AppServer;
let version: string;
let pageMs: number;
beforeAll(async () => {
  server = await startAppServer();
  version = await buildVersion(server.url);
  // The first requests of a kind run code that is not compiled yet, which costs several pages.
  for (let warm = 0; warm < 40; warm++) {
    await ask({ path: "/" });
    await ask({ path: "/api/session/stream", headers: { "X-Session-Id": newId() } });
  }
  pageMs = await leastProcessorMs(server.pid(), () => ask({ path: "/" }), 20);
}, 60_000);
afterAll(() => server.stop());

type Asked = { path: string; method?: string; headers?: Record<string, string>; body?: string };

/** Sends a request as it stands: fetch would mend its path. @returns its status */
function ask({ path, method = "GET", headers = {}, body }: Asked): Promise<number> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode!));
    });
    asked.once("error", reject).end(body);
  });
}

const json = { "Content-Type": "application/json" };
const many = (piece: string, length = 7_000) => piece.repeat(Math.floor(length / piece.length));
/** Tests of one kind with other lengths of it: the whole of what a head of 16 KB can hold. */
const longest = (piece: string) => many(piece, 15_000);

describe("no single request takes more processor time than ten pages:", () => {
  it.each<[string, Omit<Asked, "path"> & { path: string | (() => string) }]>([
    ["route discovery with slashes", { path: () => `/__manifest?version=${version}&p=${many("/")}` }],
    [
      "route discovery with segments",
      { path: () => `/__manifest?version=${version}&p=${encodeURIComponent(many("/a", 2_400))}` },
    ],
    [
      "route discovery with many paths",
      { path: () => `/__manifest?version=${version}&${many("p=/a/b/c&")}` },
    ],
    ["a path of segments", { path: many("/a") }],
    ["a path of slashes", { path: many("/") }],
    ["a path of one segment", { path: `/${many("a")}` }],
    ["a path of encoded slashes", { path: `/${many("%2f")}` }],
    ["a path of dots", { path: many("/.") }],
    ["a path of dots in pairs", { path: many("/..") }],
    ["a path of encoded letters", { path: `/${many("%61")}` }],
    ["a path of segments, twice as long", { path: longest("/a") }],
    ["a path of segments under the API", { path: `/api${many("/session")}` }],
    ["a path of data", { path: `${many("/a")}.data` }],
    ["a path of data without end", { path: `/${many(".data")}` }],
    ["a path of spaces", { path: `/${many("%20")}x` }],
    ["a query of parameters", { path: `/?${longest("q=1&")}` }],
    ["a query of indices", { path: `/?${longest("index=1&")}` }],
    ["a query of names", { path: `/?${Array.from({ length: 2_500 }, (_, n) => `q${n}=`).join("&")}` }],
    ["data of many routes", { path: `/_root.data?_routes=${longest("root,")}` }],
    ["data of routes again and again", { path: `/_root.data?${longest("_routes=root&")}` }],
    ["a cookie of pairs", { path: "/", headers: { Cookie: longest("a=b; ") } }],
    ["a cookie of signatures", { path: "/", headers: { Cookie: longest("holdfast_access=x.y; ") } }],
    ["languages", { path: "/", headers: { "Accept-Language": longest("en;q=0.5,") } }],
    ["encodings", { path: "/", headers: { "Accept-Encoding": longest("gzip;q=0.5,") } }],
    ["types", { path: "/", headers: { Accept: longest("text/html;q=0.5,") } }],
    ["proxies", { path: "/", headers: { "X-Forwarded-For": longest("::1, ") } }],
    ["an address of a proxy", { path: "/", headers: { "X-Forwarded-For": longest(":0") } }],
    ["known versions", { path: "/favicon.svg", headers: { "If-None-Match": longest(`"a", `) } }],
    ["known versions with spaces", { path: "/favicon.svg", headers: { "If-None-Match": longest(", ") } }],
    ["ranges", { path: "/favicon.svg", headers: { Range: `bytes=${longest("0-0,")}` } }],
    ["an origin", { path: "/", headers: { Origin: `http://${longest("a.")}` } }],
    ["a cursor", { path: "/api/session/stream", headers: { "Last-Event-ID": longest("1.") } }],
    [
      "a type of spaces",
      { path: "/api/session/stop", method: "POST", headers: { "Content-Type": `a${longest(" ")};` } },
    ],
    [
      "a file name",
      { path: "/api/session/attachments", method: "POST", headers: { "X-File-Name": longest("%2f") } },
    ],
    ["JSON in depth", { path: "/api/session", method: "PATCH", headers: json, body: many("[", 200_000) }],
    [
      "JSON of objects in depth",
      { path: "/api/session", method: "PATCH", headers: json, body: many(`{"a":`, 200_000) },
    ],
    [
      "JSON of fields",
      {
        path: "/api/session",
        method: "PATCH",
        headers: json,
        body: `{${Array.from({ length: 20_000 }, (_, n) => `"${n}":0`).join()}}`,
      },
    ],
    [
      "JSON of numbers",
      { path: "/api/session", method: "PATCH", headers: json, body: `[${many("0,", 200_000)}0]` },
    ],
  ])("%s", async (_, { path, headers = {}, ...rest }) => {
    const asked = {
      ...rest,
      path: typeof path === "string" ? path : path(),
      headers: { "X-Session-Id": newId(), ...headers },
    };
    const ms = await leastProcessorMs(server.pid(), () => ask(asked), RUNS);
    expect(ms / pageMs).toBeLessThan(MAX_PAGES);
  });

  it("and a path of 7,000 characters takes what another page that is not there takes", async () => {
    const shortMs = await leastProcessorMs(server.pid(), () => ask({ path: "/nowhere" }), 20);
    const long = many("/a");
    const longMs = await leastProcessorMs(server.pid(), () => ask({ path: long }), 20);
    expect(longMs / shortMs).toBeLessThan(1.5);
    expect(await ask({ path: long })).toBe(404);
  });
});

describe("what Remix has built in and this app does not use", () => {
  it("is not there: route discovery", async () => {
    for (const path of [`/__manifest?p=%2F&version=${version}`, "/__manifest", "/__manifest?p=/&version=1"])
      expect([path, await ask({ path })]).toEqual([path, 404]);
  });

  it("is not there: data by the name of a route", async () => {
    expect(await ask({ path: "/?_data=root" })).toBe(400);
  });
});
