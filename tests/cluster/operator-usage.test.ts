import { afterAll, beforeAll, expect, test } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { createSessionClient } from "../fixtures/session-client";

const CODE = "a long code for the operator";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    env: { OPERATOR_CODE: CODE, DEMO_TOKENS_PER_SECOND: "5000", TRUSTED_HOPS: "1" },
  });
});
afterAll(() => server.stop());

const usage = (authorization?: string, path = "/api/usage") =>
  fetch(server.url + path, {
    headers: {
      "X-Forwarded-For": "198.51.100.7",
      ...(authorization !== undefined && { Authorization: authorization }),
    },
  });

test("the operator reads what was used today, by model and address", async () => {
  const client = createSessionClient({ url: server.url, silenceMs: 10_000, requestMs: 10_000 });
  await client.send("Hello", null);
  await client.followToEnd(() => "stay");
  await expect
    .poll(async () => {
      const response = await usage(`Bearer ${CODE}`);
      return ((await response.json()) as { days: object[] }).days;
    })
    .toMatchObject([
      { day: expect.stringMatching(/^20/) as string, messages: 1, models: [{ model: "demo/demo" }] },
    ]);
});

test("a browser shows it as a table, and asks for the code", async () => {
  const asked = await usage(undefined, "/usage");
  expect([asked.status, asked.headers.get("WWW-Authenticate")]).toEqual([
    401,
    'Basic realm="usage", charset="UTF-8"',
  ]);
  const response = await usage(`Basic ${Buffer.from(`me:${CODE}`).toString("base64")}`, "/usage");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  const html = await response.text();
  expect(html).toMatch(/<tr class="day"><td>20\d\d-\d\d-\d\d<\/td><td>1<\/td>/);
  expect(html).toContain("<td>demo/demo</td>");
  expect(html).not.toContain("<script");
});

test("nobody else does", async () => {
  expect((await usage()).status).toBe(401);
  expect((await usage("Bearer something else")).status).toBe(403);
  expect((await usage("Bearer something else", "/usage")).status).toBe(401);
  expect(server.output()).not.toContain(CODE);
});
