import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import * as properties from "./markdown-properties";
import { createMarkdownReader, Markdown } from "./markdown.client";

test.each(Object.entries(properties))("%s", (_, holds) => holds(60));

const htmlOf = (text: string) => renderToStaticMarkup(createElement(Markdown, { text, ending: "whole" }));
const wordsIn = (html: string) => html.replace(/<[^>]*>/g, "");

test.each([
  ["a formula and what follows it on its line", "\\[\na\n\\] - where b", "- where b"],
  ["a definition above a heading", "[a]\n\n[a]: https://a.example\nb\n---", "<h2>b</h2>"],
  ["an indented line below a definition", "[a]\n\n[a]: https://a.example\n    b", "<p>b</p>"],
])("%s are one block", (_, text, html) => {
  expect(createMarkdownReader()(text, "whole")!.blocks.at(-1)!.source).toContain("\n");
  expect(htmlOf(text)).toContain(html);
});

test("a fence that closes with less indentation than it opened hides no text", () => {
  expect(htmlOf("  ```js\n  a\n```\n\n**after**\n\n```\nb\n```")).toContain("<strong>after</strong>");
});

test("the tag of details in a quote or in code does not close them", () => {
  for (const inside of ["> </details>", "`</details>`", "- </details>"]) {
    const html = htmlOf(`<details>\n<summary>A</summary>\n\n${inside}\n\nb\n\n</details>\n\nc`);
    expect(html).toMatch(/<p>b<\/p><\/details><p>c<\/p>$/);
  }
});

test("a line of details that is underlined is drawn", () => {
  expect(wordsIn(htmlOf("<details>\n===\n\na\n\n</details>"))).toContain("a");
});

test("labels may be the names of what every object has", () => {
  const html = htmlOf(
    "[^__proto__] [constructor] [toString][]\n\n[^__proto__]: note\n\n[constructor]: https://a.example",
  );
  expect(html).toContain("note");
  expect(html).toContain('href="https://a.example"');
  expect(wordsIn(html)).toContain("[toString][]");
});
