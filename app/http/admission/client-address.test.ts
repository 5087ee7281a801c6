import { expect, test } from "vitest";
import { clientAddress } from "./client-address";

function address(
  remoteAddress: string | undefined,
  forwarded: string | undefined,
  trustedHops: number,
): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return clientAddress({ headers, socket: { remoteAddress } as never }, trustedHops);
}

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
  ["2001:db8::5", "2001:db8:0:0::/64"],
  ["2001:0DB8::0001:1:1:1:1", "2001:db8:0:1::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["127.0.0.1", "local"],
  ["::1", "local"],
  ["::ffff:127.0.0.1", "local"],
  ["::ffff:127.1.2.3", "local"],
  [undefined, "unknown"],
])("of the peer %s is %s", (peer, expected) => {
  expect(address(peer, undefined, 0)).toBe(expected);
});

test("is the peer's where no proxy is trusted, whatever the client claims", () => {
  expect(address("203.0.113.7", "198.51.100.1", 0)).toBe("203.0.113.7");
});

test("is what the outermost trusted proxy has seen, not what the client claims", () => {
  expect(address("10.0.0.1", "198.51.100.1", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "192.0.2.66, 198.51.100.1", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "192.0.2.66,198.51.100.1 , 203.0.113.9", 2)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "2001:db8:1:2:3::9, 203.0.113.9", 2)).toBe("2001:db8:1:2::/64");
});

test("is found with its port too", () => {
  expect(address("10.0.0.1", "198.51.100.1:4711", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "[2001:db8::1]:4711", 1)).toBe("2001:db8:0:0::/64");
});

test("is the first that there is where fewer proxies were on the way, and the peer's where there is none", () => {
  expect(address("10.0.0.1", "198.51.100.1", 2)).toBe("198.51.100.1");
  expect(address("10.0.0.1", undefined, 1)).toBe("10.0.0.1");
  expect(address("10.0.0.1", "unknown", 1)).toBe("10.0.0.1");
  expect(address("10.0.0.1", " , ,", 1)).toBe("10.0.0.1");
});

test.each(["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])(
  "is not this machine's where a proxy on it hands a request on: %s",
  (name) => {
    const headers = { [name.toLowerCase()]: "198.51.100.1" };
    for (const remoteAddress of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
      const socket = { remoteAddress } as never;
      expect(clientAddress({ headers, socket }, 0)).toMatch(/^(127\.0\.0\.1|0:0:0:0::\/64)$/);
    }
  },
);

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "0:0:0:0::/64"],
  ["local", "127.0.0.1"],
  ["", "127.0.0.1"],
])("is never this machine's on another's word: %s", (forwarded, expected) => {
  expect(address("127.0.0.1", forwarded, 1)).toBe(expected);
});

test("is this machine's where nothing is forwarded, also where a proxy is trusted", () => {
  expect(address("127.0.0.1", undefined, 1)).toBe("local");
});
