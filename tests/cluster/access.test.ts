import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest } from "../fixtures/variants";

const CODE = "correct-horse-battery";
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { ACCESS_CODE: `${CODE}, another-code` } });
});
afterAll(() => server.stop());

const json = { "Content-Type": "application/json" };

function say(code: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ code });
  return fetch(`${server.url}/api/access`, { method: "POST", body, headers: { ...json, ...headers } });
}

async function answer(response: Response): Promise<[number, string]> {
  const body = (await response.json()) as ErrorBody;
  return [response.status, body.error.code];
}

describe("a server with an access code", () => {
  test.each([
    ["GET", "/api/models"],
    ["HEAD", "/api/session"],
    ["GET", "/API/Session"],
    ["GET", "/api/session/"],
    ["GET", "/api/session.data"],
    ["GET", "/api/session/stream?watch"],
    ["GET", "/api/session/attachments"],
    ["GET", "/api/share"],
    ["PATCH", "/api/session"],
    ["DELETE", "/api/session"],
    ["PUT", "/api/session"],
    ["POST", "/api/session/messages"],
    ["POST", "/api/session/attachments"],
    ["POST", "/api/session/fork"],
    ["POST", "/api/session/import"],
    ["POST", "/api/session/move"],
    ["POST", "/api/session/shares"],
    ["POST", "/api/session/stop"],
  ])("refuses %s %s to a client that has not given it", async (method, path) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { "X-Session-Id": newId(), ...(method !== "GET" && method !== "HEAD" && json) },
      ...(method !== "GET" && method !== "HEAD" && { body: "{}" }),
    });
    const text = await response.text();
    expect(response.status, text).toBe(401);
    if (method !== "HEAD") expect(text).toContain("access_code_needed");
  });

  test.each(["/", "/healthz", "/readyz", "/favicon.ico"])("leaves %s open", async (path) => {
    expect((await fetch(server.url + path)).status).toBe(200);
  });

  test("tells a wrong code from a body that is none, and keeps the code out of the log", async () => {
    expect(await answer(await say("guess-what-it-is"))).toEqual([403, "access_code_wrong"]);
    expect(await answer(await say("x".repeat(201)))).toEqual([400, "bad_request"]);
    expect(server.output()).not.toContain("guess-what-it-is");
    expect(server.output()).not.toContain(CODE);
  });

  longTest("remembers a browser, also after a restart, until the codes change", async () => {
    const entered = await say("another-code", { "X-Forwarded-Proto": "https" });
    expect(entered.status).toBe(204);
    const setCookie = entered.headers.get("Set-Cookie")!;
    expect(setCookie).toMatch(/; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    const Cookie = setCookie.split(";")[0]!;
    const models = () => fetch(`${server.url}/api/models`, { headers: { Cookie } });
    expect((await models()).status).toBe(200);
    await server.kill9();
    await server.restart();
    expect((await models()).status).toBe(200);
    await server.kill9();
    await server.restart({ ACCESS_CODE: CODE });
    expect(await answer(await models())).toEqual([401, "access_code_needed"]);
  });

  test("logs a browser out, with any cookie or none", async () => {
    for (const headers of [{}, { Cookie: "holdfast_access=x" }]) {
      const left = await fetch(`${server.url}/api/access`, { method: "DELETE", headers });
      expect(left.status).toBe(204);
      expect(left.headers.get("Set-Cookie")).toMatch(/^holdfast_access=; Max-Age=0; Path=\/; HttpOnly/);
    }
    const elsewhere = { "Sec-Fetch-Site": "cross-site" };
    expect(
      await answer(await fetch(`${server.url}/api/access`, { method: "DELETE", headers: elsewhere })),
    ).toEqual([403, "cross_site_request"]);
  });
});

describe("guesses from many addresses", () => {
  let behindProxy: AppServer;
  beforeAll(async () => {
    const env = { ACCESS_CODE: CODE, TRUSTED_HOPS: "1", LIMIT_WRONG_CODES_PER_HOUR: "2" };
    behindProxy = await startAppServer({ env });
  });
  afterAll(() => behindProxy.stop());

  const guess = async (address: string, code = "guess-what-it-is") => {
    const response = await fetch(`${behindProxy.url}/api/access`, {
      method: "POST",
      body: JSON.stringify({ code }),
      headers: { ...json, "X-Forwarded-For": address },
    });
    await response.text();
    return response.status;
  };

  test("end after a few in one customer's network, and in all others a right code is taken until the end", async () => {
    const statuses = [];
    for (let n = 0; n < 8; n++)
      statuses.push(await guess(`2001:db8:1:ab${n.toString(16).padStart(2, "0")}::1`));
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403, 429, 429]);
    expect(await guess("2001:db8:1:abff::1", CODE)).toBe(429);
    for (let n = 0; n < 95; n++) await guess(`2001:db8:${(0x100 + n).toString(16)}::1`);
    expect(await guess("2001:db9::1")).toBe(429);
    expect(await guess("2001:db9::1", CODE)).toBe(204);
    expect(await guess("198.51.100.7", CODE)).toBe(204);
  });
});
