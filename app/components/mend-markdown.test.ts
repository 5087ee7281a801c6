import { expect, test } from "vitest";
import { mendMarkdown } from "./mend-markdown";

test.each([
  ["bold that is open is closed", "some **bold wor", "some **bold wor**"],
  ["bold that was just opened is not shown yet", "some **", "some "],
  ["bold that is half closed is closed", "some **bold*", "some **bold**"],
  ["bold that ends in a space is closed before it", "some **bold ", "some **bold**"],
  ["bold that is closed is left alone", "some **bold** word", "some **bold** word"],
  ["code that is open is closed", "call `open(", "call `open(`"],
  ["code that was just opened is not shown yet", "call `", "call "],
  ["stars in code are no marks", "call `a ** b` now", "call `a ** b` now"],
  ["half a link is its text", "see [the docs](https://exam", "see the docs"],
  ["a whole link is left alone", "see [the docs](https://a.b)", "see [the docs](https://a.b)"],
  ["a dash under text is no heading yet", "Some things:\n-", "Some things:"],
  ["a rule on its own is one", "---", "---"],
  ["only the last line is looked at", "- **a\n- b", "- **a\n- b"],
  ["code blocks are left alone", "```\nlet a = `x\n**", "```\nlet a = `x\n**"],
])("%s", (_, growing, shown) => {
  expect(mendMarkdown(growing)).toBe(shown);
});
