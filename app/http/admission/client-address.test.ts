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
])("the address of the peer %s is %s", (peer, expected) => {
  expect(address(peer, undefined, 0)).toBe(expected);
});

test("without trusted proxies the client's address is the peer's, whatever X-Forwarded-For says", () => {
  expect(address("203.0.113.7", "198.51.100.1", 0)).toBe("203.0.113.7");
});

test("the client's address is the one that the outermost trusted proxy saw", () => {
  expect(address("10.0.0.1", "198.51.100.1", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "192.0.2.66, 198.51.100.1", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "192.0.2.66,198.51.100.1 , 203.0.113.9", 2)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "2001:db8:1:2:3::9, 203.0.113.9", 2)).toBe("2001:db8:1:2::/64");
});

test("a client's address is found in an entry with a port", () => {
  expect(address("10.0.0.1", "198.51.100.1:4711", 1)).toBe("198.51.100.1");
  expect(address("10.0.0.1", "[2001:db8::1]:4711", 1)).toBe("2001:db8:0:0::/64");
});

test("with fewer entries than trusted proxies the client's address is the first entry, or the peer's", () => {
  expect(address("10.0.0.1", "198.51.100.1", 2)).toBe("198.51.100.1");
  expect(address("10.0.0.1", undefined, 1)).toBe("10.0.0.1");
  expect(address("10.0.0.1", "unknown", 1)).toBe("10.0.0.1");
  expect(address("10.0.0.1", " , ,", 1)).toBe("10.0.0.1");
});

test.each(["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])(
  "a request forwarded by a proxy on this machine is not local: %s",
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
])("a forwarded address is never local: %s", (forwarded, expected) => {
  expect(address("127.0.0.1", forwarded, 1)).toBe(expected);
});

test("a request of this machine that was not forwarded is local, also with trusted proxies", () => {
  expect(address("127.0.0.1", undefined, 1)).toBe("local");
});
