import { describe, expect, test } from "vitest";
import { imageHost, safeUrl, undisguised } from "./link-target";

describe("a link leads out of the page", () => {
  test.each(["https://example.com", "HTTP://example.com/a?b#c", "mailto:ada@example.com"])("%s", (url) => {
    expect(safeUrl(url)).toBe(url);
  });
});

describe("no link is made of", () => {
  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    " https://example.com",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//example.com",
    "/api/session",
    "#top",
    "https:example.com",
    "https://",
    "ftp://example.com",
  ])("%j", (url) => {
    expect(safeUrl(url)).toBeUndefined();
  });
});

test("only images over https may be loaded", () => {
  expect(imageHost("https://example.com:8443/a.png")).toBe("example.com:8443");
  for (const url of [
    "http://example.com/a",
    "data:image/png;base64,",
    "/a.png",
    "https://a:b@example.com/",
  ]) {
    expect(imageHost(url)).toBeNull();
  }
});

describe("a link says where it leads", () => {
  test.each([
    ["when it names another host", "https://bank.com/login", "https://evil.example/", "evil.example"],
    [
      "when it names one without a scheme",
      "Sign in at bank.com now",
      "https://evil.example/",
      "evil.example",
    ],
    [
      "when it is at the front of a longer one",
      "bank.com",
      "https://bank.com.evil.example/",
      "bank.com.evil.example",
    ],
    [
      "when a name hides the host",
      "https://bank.com@evil.example/",
      "https://bank.com@evil.example/",
      "evil.example",
    ],
    ["when its text runs backwards", "\u202Emoc.knab", "https://evil.example/", "evil.example"],
    ["when its text has invisible letters", "ba\u200Bnk", "https://evil.example/", "evil.example"],
    ["when wide letters spell a host", "ｂａｎｋ．ｃｏｍ", "https://evil.example/", "evil.example"],
    ["when its host has foreign letters", "аpple", "https://xn--pple-43d.com/", "xn--pple-43d.com"],
    ["when it names another mailbox", "ada@bank.com", "mailto:eve@evil.example", "eve@evil.example"],
    ["when a mailbox is a page", "ada@bank.com", "https://evil.example/", "evil.example"],
  ])("%s", (_, text, url, real) => {
    expect(undisguised(text, url)).toBe(real);
  });
});

describe("a link needs no more words", () => {
  test.each([
    ["when it is plain text", "the documentation", "https://example.com/"],
    ["when it names its own host", "https://example.com/a", "https://www.example.com/b"],
    ["when it names it without a scheme", "example.com", "https://example.com/"],
    ["when it is a file's name", "package.json and Node.js", "https://example.com/"],
    ["when it is its own mailbox", "ada@example.com", "mailto:ada@example.com"],
    ["when it ends a sentence", "See e.g. this. Or that.", "https://example.com/"],
  ])("%s", (_, text, url) => {
    expect(undisguised(text, url)).toBeNull();
  });
});
