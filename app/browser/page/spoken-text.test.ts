import { expect, test } from "vitest";
import { spokenText } from "./spoken-text";

test.each([
  ["emphasis", "*one*, **two** and _three_.", "one, two and three."],
  ["headings, quotes and lists", "# A\n> b\n- c\n1. d", "A\nb\nc\n1. d"],
  ["links and images", "see [the docs](https://a.b) ![a cat](c.png)", "see the docs a cat"],
  ["code", "call `open()`:\n```ts\nlet a = b;\n```", "call open():\nlet a = b;\n"],
  ["tables", "| a | b |\n| --- | :-: |\n| 1 | 2 |", "a, b\n1, 2"],
  ["what only looks like a mark", "2 * 3 is snake_case", "2 * 3 is snake_case"],
])("%s are read out as words", (_, markdown, spoken) => {
  expect(spokenText(markdown)).toBe(spoken);
});
