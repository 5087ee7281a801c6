import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import * as properties from "./markdown-properties";
import { createMarkdownReader, Markdown, MarkdownBlocks } from "./markdown.client";

test.each(Object.entries(properties))("%s", (_, holds) => holds(25));

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

test.each([
  ["code with a pipe in a table", "| A | B |\n|---|---|\n| `a|b` | $5 |\n| c | `d` |\n\nend"],
  [
    "a link with brackets in its address and a title",
    'See [a link](https://a.example/b_(c) "title") and more',
  ],
  ["the tasks of a list", "- [ ] a\n- [x] b\n\nend"],
  ["items after a fence", "1. a\n   ```\n   b\n   ```\n2. c\n\nd\n\n1. e"],
  ["preformatted text", "<pre>\na &lt; b\n</pre>\n\n<b>c\n\nd</b>"],
  ["an image with a title", 'a ![b](https://a.example/c.png "d") e'],
  ["code and links in marks", "**`a`** [`b`](https://a.example) \\*c\\* \\`d\\` end"],
  ["a footnote", "text[^1] goes on\n\n[^1]: note"],
  ["tags with attributes", '<div align="center">\n\n# A\n\n</div>\n\nb <span style="color: red">c</span> d'],
  ["a fence in a list", "- a\n  ```sh\n  b\n  ```\n- c"],
  ["setext headings", "A title\n===\n\nb\n\nC\n---\n\nd"],
  ["marks of all kinds", "**a** *b* ~~c~~ `d` __e__ <kbd>f</kbd> 5*3 $5 and $x_1$ &amp; \\* end"],
])("no word is taken back while it grows: %s", (_, text) => {
  const lost: string[] = [];
  let before = "";
  for (let end = 1; end <= text.length; end++) {
    const html = renderToStaticMarkup(
      createElement(Markdown, { text: text.slice(0, end), ending: "growing" }),
    );
    const shown = wordsIn(html.replace(/<(figcaption|section|svg).*?<\/\1>/gs, ""));
    const kept = [...before].findIndex((character, index) => shown[index] !== character);
    // A mark at the end, whose meaning the next one decides, may go.
    if (kept >= 0 && /\w|.../.test(before.slice(kept)))
      lost.push(`${text.slice(0, end)} → ${before.slice(kept)}`);
    before = shown;
  }
  expect(lost).toEqual([]);
});

test("half a definition of a link is not shown", () => {
  const text = '[a]\n\n[a]: https://a.example/b "A title"';
  for (let end = text.indexOf(":") + 1; end <= text.length; end++) {
    const read = createMarkdownReader()(text.slice(0, end), "growing")!;
    expect(wordsIn(renderToStaticMarkup(createElement(MarkdownBlocks, read)))).toMatch(/^\[?a\]?$/);
  }
  expect(wordsIn(htmlOf("[a]: https://a.example/b"))).toContain("a.example/b");
});

test("half an emoji is not shown while the other half is awaited", () => {
  const html = (ending: "growing" | "whole") =>
    renderToStaticMarkup(createElement(Markdown, { text: "a \uD83D", ending }));
  expect(html("growing")).toBe("<p>a</p>");
  expect(html("whole")).toContain("\uD83D");
});

test("a long list is not parsed again with each word that it grows by", () => {
  const text = "- an **item** of some words and `code`\n".repeat(240);
  const read = createMarkdownReader();
  const seen = new Set<string>();
  let last = "";
  for (let end = 4_000; end <= text.length; end += 9) {
    last = read(text.slice(0, end), "growing")!.blocks.at(-1)!.source;
    // Nothing of more than some words is held back.
    expect(end - last.length).toBeLessThan(70);
    if (last.length >= 4_096) seen.add(last);
  }
  expect(seen.size).toBeLessThan(160);
  expect(read(text, "whole")!.blocks.at(-1)!.source).toBe(text.trimEnd());
});
