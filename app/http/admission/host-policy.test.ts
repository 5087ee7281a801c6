import { describe, expect, test } from "vitest";
import { createHostPolicy, hostName, type HostPolicyOptions } from "./host-policy";

const policy = (options: Partial<HostPolicyOptions>) =>
  createHostPolicy({ isLoopback: false, allowed: [], trustedHops: 0, ...options });

test.each([
  ["Chat.Example:443", "chat.example"],
  ["localhost.", "localhost"],
  ["LOCALHOST.:3000", "localhost"],
  ["[0:0:0:0:0:0:0:1]:80", "[::1]"],
  ["127.1", "127.0.0.1"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["a@b", null],
  ["a/b", null],
  ["", null],
  ["a b", null],
  ["x:99999", null],
])("the name of the host %j is %j", (host, name) => {
  expect(hostName(host)).toBe(name);
});

const LOOPBACK = [
  "localhost",
  "localhost:3000",
  "LocalHost:3000",
  "localhost.:3000",
  "app.localhost",
  "a.b.localhost:1",
  "127.0.0.1",
  "127.0.0.1:65535",
  "127.8.9.10",
  "[::1]",
  "[::1]:3000",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]:3000",
];
const FOREIGN = [
  "evil.test",
  "evil.test:3000",
  "localhost.evil.test",
  "127.0.0.1.evil.test",
  "evillocalhost",
  "127-0-0-1.evil.test",
  "10.0.0.1",
  "0.0.0.0",
  "128.0.0.1",
  "[::2]",
  "[::ffff:10.0.0.1]",
  "",
  "x:99999",
];

describe("a server on loopback", () => {
  const { isOurs } = policy({ isLoopback: true });
  test.each(LOOPBACK)("a server on loopback accepts the host %s", (host) =>
    expect(isOurs({ host })).toBe(true),
  );
  test.each(FOREIGN)("a server on loopback refuses the host %j", (host) =>
    expect(isOurs({ host })).toBe(false),
  );

  test("a server on loopback accepts a listed name, and no name with the same ending", () => {
    const { isOurs } = policy({ isLoopback: true, allowed: ["chat.example", "*.lan"] });
    for (const host of ["chat.example", "CHAT.example.:80", "box.lan", "a.box.lan", "localhost"])
      expect([host, isOurs({ host })]).toEqual([host, true]);
    for (const host of ["evil.chat.example", "chat.example.evil.test", "lan", "evillan", "evil.test"])
      expect([host, isOurs({ host })]).toEqual([host, false]);
  });
});

describe("a server that others can reach", () => {
  test("a server that others can reach accepts any host name", () => {
    const { isOurs } = policy({});
    for (const host of ["evil.test", "10.0.0.1:3000", "localhost"]) expect(isOurs({ host })).toBe(true);
  });

  test("a server that others can reach accepts only listed names and loopback's", () => {
    const { isOurs } = policy({ allowed: ["chat.example"] });
    for (const host of ["chat.example", "localhost:3000"]) expect(isOurs({ host })).toBe(true);
    for (const host of ["evil.test", "10.0.0.1:3000"]) expect(isOurs({ host })).toBe(false);
  });
});

describe("a forwarded host", () => {
  const headers = { host: "localhost", "x-forwarded-host": "evil.test" };

  test("a forwarded host is ignored without trusted proxies", () => {
    expect(policy({ isLoopback: true }).isOurs(headers)).toBe(true);
    expect(policy({ isLoopback: true }).isOurs({ host: "evil.test", "x-forwarded-host": "localhost" })).toBe(
      false,
    );
  });

  test("a forwarded host is checked in addition to the host", () => {
    const { isOurs } = policy({ isLoopback: true, trustedHops: 1 });
    expect(isOurs(headers)).toBe(false);
    expect(isOurs({ host: "evil.test", "x-forwarded-host": "localhost" })).toBe(false);
    expect(isOurs({ host: "localhost", "x-forwarded-host": "evil.test, localhost" })).toBe(true);
  });

  test("the forwarded host is the one that the outermost trusted proxy added", () => {
    const { isOurs } = policy({ allowed: ["chat.example"], trustedHops: 2 });
    const sent = (forwarded: string) => isOurs({ host: "chat.example", "x-forwarded-host": forwarded });
    expect(sent("evil.test, chat.example, 10.0.0.1")).toBe(true);
    expect(sent("chat.example, evil.test, 10.0.0.1")).toBe(false);
    expect(sent("chat.example")).toBe(true);
  });
});

test.each([
  ["http://chat.example", { host: "chat.example" }, true],
  ["https://chat.example:8443", { host: "Chat.Example." }, true],
  ["https://evil.test", { host: "chat.example" }, false],
  ["https://chat.example.evil.test", { host: "chat.example" }, false],
  ["null", { host: "chat.example" }, false],
  ["file://", { host: "chat.example" }, false],
  ["nonsense", { host: "nonsense" }, false],
  ["https://listed.example", { host: "10.0.0.1:3000" }, true],
  ["https://chat.example", { host: "10.0.0.1", "x-forwarded-host": "chat.example" }, false],
])("whether the origin %s is own for the headers %j: %s", (origin, headers, isOwn) => {
  expect(policy({ allowed: ["listed.example"] }).isOwnOrigin(origin, headers)).toBe(isOwn);
});

test("an origin is also own by the forwarded host of a trusted proxy", () => {
  const headers = { host: "10.0.0.1", "x-forwarded-host": "chat.example" };
  expect(policy({ trustedHops: 1 }).isOwnOrigin("https://chat.example", headers)).toBe(true);
});
