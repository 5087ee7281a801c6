import { expect, test } from "vitest";
import { quoteMarkdown } from "./quote-markdown";

test("ordinary words are quoted unchanged", () => {
  expect(quoteMarkdown("Hello, world! It's (mostly) fine. Isn't it?")).toBe(
    "Hello, world! It's (mostly) fine. Isn't it?",
  );
});

test.each([
  ["**bold** _x_ `code`", "\\*\\*bold\\*\\* \\_x\\_ \\`code\\`"],
  ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)\\>"],
  ["![x](http://evil)", "!\\[x\\](http\\://evil)"],
  ["www.example.org a@b.example", "www\\.example.org a\\@b.example"],
  ["a\n\n# b\n- c", "a \\# b - c"],
  ["--- x", "\\--- x"],
  ["1. x", "1\\. x"],
  ["&lt;", "\\&lt;"],
])("the Markdown %j is escaped", (text, quoted) => {
  expect(quoteMarkdown(text)).toBe(quoted);
});

test("a long text is truncated between characters, never within one", () => {
  const quoted = quoteMarkdown("😀".repeat(1000));
  expect(quoted).toBe(`${"😀".repeat(240)}…`);
  expect(quoted.isWellFormed()).toBe(true);
});
