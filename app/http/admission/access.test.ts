import { expect, test } from "vitest";
import { createAccess, requireAccess } from "./access";

const DAY_MS = 86_400_000;
const codes = ["correct horse", "battery staple"];
let now = 1_000_000;
const clock = () => now;

function access(options: Partial<Parameters<typeof createAccess>[0]> = {}) {
  return createAccess({ codes, days: 30, clock, ...options });
}

const request = (headers: Record<string, string> = {}) => new Request("http://localhost/", { headers });

async function remembered(by = access(), headers: Record<string, string> = {}) {
  const setCookie = await by.cookie(request(headers));
  return { setCookie, request: request({ Cookie: setCookie.split(";")[0]! }) };
}

test("without access codes every request is admitted", async () => {
  const open = access({ codes: [] });
  expect([open.isOpen, await open.admits(request())]).toEqual([true, true]);
});

test("isCode accepts each access code and nothing else", () => {
  const { isCode } = access();
  expect([...codes, " correct horse "].map(isCode)).toEqual([true, true, true]);
  expect(["", "correct", "correct horse battery", "CORRECT HORSE", codes.join(",")].map(isCode)).toEqual(
    Array(5).fill(false),
  );
});

test("a request without a cookie is answered with access_code_needed", async () => {
  await expect(requireAccess(access(), request())).rejects.toMatchObject({ code: "access_code_needed" });
});

test("an access cookie is valid on every node with the same codes in any order", async () => {
  const { request } = await remembered();
  expect(await access().admits(request)).toBe(true);
  expect(await access({ codes: [...codes].reverse() }).admits(request)).toBe(true);
});

test("other access codes invalidate all cookies", async () => {
  const { request } = await remembered();
  expect(await access({ codes: codes.slice(0, 1) }).admits(request)).toBe(false);
  expect(await access({ codes: [...codes, "another one"] }).admits(request)).toBe(false);
});

test("an access cookie expires, also if the browser keeps it", async () => {
  const { request } = await remembered();
  now += 30 * DAY_MS - 1;
  expect(await access().admits(request)).toBe(true);
  now += 1;
  expect(await access().admits(request)).toBe(false);
});

test("an invented or changed access cookie is rejected", async () => {
  const { setCookie } = await remembered();
  const [value] = setCookie.split(";") as [string];
  const far = Buffer.from(JSON.stringify(now + 10 * DAY_MS)).toString("base64");
  const signature = value.slice(value.lastIndexOf("."));
  const forged = [
    "holdfast_access=",
    "holdfast_access=%%%",
    `holdfast_access=${far}`,
    `holdfast_access=${far}${signature}`,
    value.slice(0, -3),
    value.replace("holdfast_access", "other"),
  ];
  for (const Cookie of forged) expect(await access().admits(request({ Cookie })), Cookie).toBe(false);
});

test("the access cookie is HttpOnly and SameSite, and Secure over TLS", async () => {
  const { setCookie } = await remembered();
  expect(setCookie).toMatch(/; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
  const behindTls = [{ "X-Forwarded-Proto": "https" }, { Origin: "https://chat.example.com" }];
  for (const headers of behindTls) {
    expect((await remembered(access(), headers)).setCookie).toContain("; Secure");
  }
});

test("logging out removes the access cookie", async () => {
  const setCookie = await access().goneCookie(request({ "X-Forwarded-Proto": "https" }));
  expect(setCookie).toMatch(/^holdfast_access=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  expect(await access().admits(request({ Cookie: setCookie.split(";")[0]! }))).toBe(false);
});
