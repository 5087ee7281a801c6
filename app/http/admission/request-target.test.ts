import { expect, test } from "vitest";
import { isTooLong, parseTarget } from "./request-target";

const address = (path: string, search = "", host: string | null = null) => ({
  kind: "address",
  host,
  path,
  search,
});

test.each([
  ["/", address("/")],
  ["/?", address("/", "?")],
  ["/share?a=1?b", address("/share", "?a=1?b")],
  ["/a%2Fb", address("/a%2Fb")],
  ["/%E2%82%AC", address("/%E2%82%AC")],
  ["/...", address("/...")],
  // One name that no file has: the slashes in it part nothing.
  ["/build/..%2f..%2fpackage.json", address("/build/..%2f..%2fpackage.json")],
  ["/.well-known/x", address("/.well-known/x")],
  ["//evil.example/", address("//evil.example/")],
  ["/?q=%ff", address("/", "?q=%ff")],
  ["http://chat.example/readyz", address("/readyz", "", "chat.example")],
  ["HTTPS://chat.example:8443?q", address("/", "?q", "chat.example:8443")],
  ["http://[::1]:3000", address("/", "", "[::1]:3000")],
  ["*", { kind: "server" }],
])("the target %s is parsed", (url, expected) => {
  expect(parseTarget(url)).toEqual(expected);
});

test.each([
  "/%",
  "/%z",
  "/%zz",
  "/share%ffAAAAAAAAAAAAAAAAAAAAAA",
  "/%c0%af",
  "/%e2%82",
  "/%80",
  "/%ed%a0%80",
  "/%f5%80%80%80",
  "/%00",
  "/a%00.png",
  "/%0d%0aSet-Cookie:x",
  "/%7f",
  "/%c2%85",
  "/..",
  "/.",
  "/a/../b",
  "/a/./b",
  "/%2e%2e/",
  "/%2E%2e/%2e%2E/package.json",
  "/.%2e/x",
  "/build/%2e%2E",
  "/a\\b",
  "/a b",
  "/\u00ff",
  "/é",
  "/#x",
  "/?q=\u0001",
  "",
  "a",
  "?",
  "*x",
  "evil.example:443",
  "ftp://evil.example/",
  "javascript:alert(1)",
  "http://",
  "http:///x",
  "http://user:word@chat.example/",
  "http://chat.example/%ff",
])("the target %j is malformed", (url) => {
  expect(parseTarget(url)).toEqual({ kind: "malformed" });
});

test("a target is too long by its path, its number of segments or its query", () => {
  const isLong = (path: string, search = "") => isTooLong({ path, search });
  expect(isLong(`/api/session/attachments/${"a".repeat(64)}`)).toBeNull();
  expect(isLong("/a".repeat(12))).toBeNull();
  expect(isLong("/a".repeat(13))).toBe("path");
  expect(isLong("/".repeat(14))).toBe("path");
  expect(isLong(`/${"a".repeat(256)}`)).toBe("path");
  expect(isLong("/", `?${"q".repeat(2_000)}`)).toBeNull();
  expect(isLong("/", `?${"q".repeat(2_048)}`)).toBe("search");
});
