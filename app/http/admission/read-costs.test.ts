import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { createReadCosts, type ReadCostsOptions } from "./read-costs";

const MB = 1_048_576;

const get = (session: string, url = "/api/session") =>
  ({ method: "GET", url, headers: { "x-session-id": session } }) as unknown as IncomingMessage;
const post = (bytes: number) =>
  ({
    method: "POST",
    url: "/api/session/import",
    headers: { "content-length": String(bytes) },
  }) as unknown as IncomingMessage;

function open(options: Partial<ReadCostsOptions> = {}) {
  let at = 30_000;
  const costs = createReadCosts({
    bytesPerMinute: 10 * MB,
    exempt: "local",
    maxWeight: 24,
    clock: () => at,
    ...options,
  });
  return { costs, pass: (ms: number) => void (at += ms) };
}

test("a request's weight is that of its body, or of its last response", () => {
  const { costs } = open();
  expect([0, 1_000, MB, 100 * MB].map((bytes) => costs.weightOf(post(bytes)))).toEqual([1, 1, 9, 24]);
  expect(costs.weightOf(get("a"))).toBe(1);
  costs.onRead(get("a"), "x", 4 * MB);
  expect(costs.weightOf(get("a"))).toBe(24);
  expect(costs.weightOf(get("b"))).toBe(1);
  expect(costs.weightOf(get("a", "/api/session/attachments/x"))).toBe(1);
  costs.onRead(get("a"), "x", 1_000);
  expect(costs.weightOf(get("a"))).toBe(1);
});

test("an address that has spent its read budget waits for the next minute, and other addresses do not", () => {
  const { costs, pass } = open();
  for (let count = 0; count < 3; count++) costs.onRead(get("a"), "x", 4 * MB);
  expect(costs.secondsUntilAllowed(get("a"), "x")).toBe(30);
  expect(costs.secondsUntilAllowed(get("b"), "x")).toBe(30);
  expect(costs.secondsUntilAllowed(post(1), "x")).toBe(0);
  expect(costs.secondsUntilAllowed(get("a"), "y")).toBe(0);
  pass(30_000);
  expect(costs.secondsUntilAllowed(get("a"), "x")).toBe(0);
});

test.each([
  ["this machine", "local", {}],
  ["an address where no limit is set", "x", { bytesPerMinute: 0 }],
])("%s is not limited by the read budget", (_, address, options) => {
  const { costs } = open(options);
  costs.onRead(get("a"), address, 100 * MB);
  expect(costs.secondsUntilAllowed(get("a"), address)).toBe(0);
});

test("a write to a keyring is weighed by its body and its last response, and spends the read budget", () => {
  const { costs } = open();
  const patch = (bytes: number) =>
    ({
      method: "PATCH",
      url: "/api/keyring",
      headers: { "x-keyring-id": "k", "content-length": String(bytes) },
    }) as unknown as IncomingMessage;
  expect([1, MB].map((bytes) => costs.weightOf(patch(bytes)))).toEqual([1, 9]);
  // Another device was first: the response has the whole keyring.
  costs.onRead(patch(1), "x", 10 * MB);
  expect(costs.weightOf(patch(1))).toBe(24);
  expect(costs.secondsUntilAllowed(patch(1), "x")).toBe(30);
});
