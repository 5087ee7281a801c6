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

test("only images over HTTPS can be loaded", () => {
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
  const EVIL = "https://evil.example/";
  test.each([
    ["when it names another host", "https://bank.com/login", EVIL],
    ["when it names one without a scheme", "Sign in at bank.com now", EVIL],
    ["when it names one with another scheme", "ftp://bank.com", EVIL],
    ["when it is at the front of a longer one", "bank.com", "https://bank.com.evil.example/"],
    ["when it names one with a port", "bank.com:443", EVIL],
    ["when a name hides the host", "https://bank.com@evil.example/", "https://bank.com@evil.example/"],
    ["when a name and a password hide it", "bank.com", "https://bank.com:443@evil.example/"],
    ["when its text has a name before the host", "bank.com@evil.example", EVIL],
    ["when its text runs backwards", "\u202Emoc.knab", EVIL],
    ["when its text is isolated backwards", "\u2067moc.knab\u2069", EVIL],
    ["when its text has invisible letters", "ba\u200Bnk", EVIL],
    ["when it has a soft hyphen", "ba\u00ADnk.com", EVIL],
    ["when it has a word joiner", "bank\u2060.com", EVIL],
    ["when it has a variation selector", "bank\uFE00.com", EVIL],
    ["when it has a selector of the supplement", "bank\u{E0100}.com", EVIL],
    ["when it has tag characters", "bank\u{E0041}.com", EVIL],
    ["when it has an invisible operator", "bank\u2062.com", EVIL],
    ["when it has a Hangul filler", "bank\u3164.com", EVIL],
    ["when it has a byte order mark", "bank\uFEFF.com", EVIL],
    ["when it has a blank Braille pattern", "bank\u2800.com", EVIL],
    ["when wide letters spell a host", "ｂａｎｋ．ｃｏｍ", EVIL],
    ["when mathematical letters do", "𝐛𝐚𝐧𝐤.𝐜𝐨𝐦", EVIL],
    ["when letters in circles do", "ⓑⓐⓝⓚ.ⓒⓞⓜ", EVIL],
    ["when its dot is ideographic", "bank。com", EVIL],
    ["when its dot is a wide one", "bank．com", EVIL],
    ["when its dot is half of a wide one", "bank｡com", EVIL],
    ["when its dot is a leader", "bank․com", EVIL],
    ["when its dot is a hyphenation point", "bank‧com", EVIL],
    ["when its dot is in the middle", "bank·com", EVIL],
    ["when its slashes are of division", "https:∕∕bank.com", EVIL],
    ["when it is a number", "127.0.0.1", EVIL],
    ["when it is a number in hexadecimal", "0x7f.0x0.0x0.0x1", EVIL],
    ["when it is a number in octal", "0177.0.0.01", EVIL],
    ["when it is one whole number", "http://2130706433", EVIL],
    ["when it is a number of the sixth version", "[2001:db8::1]", EVIL],
    ["when other letters are mixed in", "раypal.com", EVIL],
    ["when it is in Punycode", "xn--pypal-4ve.com", EVIL],
    ["when its ending is in Punycode", "bank.xn--p1ai", EVIL],
    ["when a formula spells it", "$\\text{bank.com}$", EVIL],
    ["when it is longer than the limit", `${"a".repeat(600)}.com`, EVIL],
    ["when it names another mailbox", "ada@bank.com", "mailto:eve@evil.example"],
    ["when a mailbox is a page", "ada@bank.com", EVIL],
  ])("%s", (_, text, url) => {
    expect(undisguised(text, url)).toMatch(/evil\.example$/);
  });

  test("a link says where it leads when its host has letters of another script", () => {
    expect(undisguised("аpple", "https://xn--pple-43d.com/")).toBe("xn--pple-43d.com");
    expect(undisguised("аpple.com", "https://аpple.com/")).toBe("xn--pple-43d.com");
  });

  test("a link says where it leads when its host is a number that its text does not name", () => {
    expect(undisguised("bank.com", "https://2130706433/")).toBe("127.0.0.1");
  });

  test("a link says where it leads when its text has a formula", () => {
    expect(undisguised("x", EVIL, true)).toBe("evil.example");
  });
});

describe("a link needs no more words", () => {
  test.each([
    ["when it is plain text", "the documentation", "https://example.com/"],
    ["when it names its own host", "https://example.com/a", "https://www.example.com/b"],
    ["when it names it without a scheme", "example.com", "https://example.com/"],
    ["when it names it at the end of a sentence", "(see https://example.com),", "https://example.com/"],
    ["when it names it in capitals", "EXAMPLE.COM", "https://example.com/"],
    ["when it names its number", "http://192.168.0.1/admin", "http://192.168.0.1/"],
    ["when it names its number in hexadecimal", "0x7f.0.0.1", "http://127.0.0.1/"],
    ["when it is a file's name", "package.json and Node.js", "https://example.com/"],
    ["when it is a document's name", "README.md", "https://example.com/blob/README.md"],
    ["when it is a version", "v1.2.3 of 2.0.1", "https://example.com/"],
    ["when it is an error's number", "0x80070005", "https://example.com/"],
    ["when it is its own mailbox", "ada@example.com", "mailto:ada@example.com"],
    ["when it is one of several mailboxes", "bob@example.com", "mailto:ada@example.com,bob@example.com"],
    ["when it ends a sentence", "See e.g. this. Or that.", "https://example.com/"],
    ["when it has an emoji", "the 👩‍👩‍👧 docs ❤️ 1️⃣", "https://example.com/"],
    ["when it has a flag", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England", "https://example.com/"],
    ["when it is Persian", "می‌خواهم", "https://example.com/"],
    ["when it is Catalan", "col·lecció", "https://example.com/"],
    ["when it is Japanese", "ジョン・スミスの文書。詳細", "https://example.com/"],
    ["when it goes over lines", "the\ndocumentation", "https://example.com/"],
    ["when it has a ratio and a time", "3:1 at 12:30", "https://example.com/"],
  ])("%s", (_, text, url) => {
    expect(undisguised(text, url)).toBeNull();
  });
});

test("a text of a million characters is not searched for addresses", () => {
  for (const piece of ["a-", "a.", "a@", "a:", "a+", "1.", "//"]) {
    expect(undisguised(piece.repeat(500_000), "https://evil.example/")).toBe("evil.example");
  }
});
