import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";

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
    ["POST", "/api/session/shares"],
    ["POST", "/api/session/stop"],
  ])("refuses %s %s to whoever has not said it", async (method, path) => {
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

  test("remembers whoever has said one, also after a restart, until the codes change", async () => {
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
});
