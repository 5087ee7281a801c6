import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { growthOf, LINEAR, threadMsOf } from "../../../tests/fixtures/load/processor-time";
import { oneIn, perRun } from "../../../tests/fixtures/variants";
import { markdownText } from "./parsing/markdown-arbitrary";
import { isBlockBeyondBounds } from "./parsing/markdown-bounds";
import { Markdown, type TextEnding } from "./markdown.client";

const draw = (text: string, ending: TextEnding = "whole") =>
  renderToStaticMarkup(createElement(Markdown, { text, ending }));

/** The visible text, with the source of formulas. */
const wordsIn = (html: string) => html.replace(/<[^>]*>/g, "\n");

/** One repetition too many: each is as long as the number says, and costs a parser the square of that. */
const LOOPS: Record<string, (times: number) => string> = {
  "lists in each other": (n) => `${"- ".repeat(n)}a`,
  "numbered lists in each other": (n) => `${"1. ".repeat(n)}a`,
  "quotes in each other": (n) => `${">".repeat(n)}a`,
  "lists in each other, line by line": (n) =>
    Array.from({ length: Math.min(n, 600) }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n"),
  "a link's text of dashes": (n) => `[${"a-".repeat(n)}](https://example.com)`,
  "a link's text of dots": (n) => `[${"a.".repeat(n)}](https://example.com)`,
  "stars between letters": (n) => "a**b".repeat(n),
  "stars that open": (n) => "**a ".repeat(n),
  "stars around a letter": (n) => `${"*".repeat(n)}a${"*".repeat(n)}`,
  underscores: (n) => "a_b_".repeat(n),
  tildes: (n) => "~a~~b".repeat(n),
  "code marks": (n) => "`a``b".repeat(n),
  "code marks of every length": (n) =>
    Array.from({ length: Math.ceil(Math.sqrt(n)) }, (_, length) => `${"`".repeat(length + 1)} `).join(""),
  "opening brackets": (n) => "[".repeat(n),
  "brackets in brackets": (n) => `${"[".repeat(n)}a${"](https://example.com)".repeat(n)}`,
  images: (n) => "![](".repeat(n),
  "open tags": (n) => "<sub>".repeat(n),
  "open formulas": (n) => "\\(".repeat(n),
  "displayed formulas": (n) => "\\[\na\n".repeat(n),
  dollars: (n) => "$a ".repeat(n),
  addresses: (n) => "https://a.b/".repeat(n),
  mailboxes: (n) => "a@".repeat(n),
  "definitions of links": (n) =>
    Array.from({ length: n }, (_, place) => `[a${String(place)}]: https://example.com\n`).join(""),
  "a table with a wide row": (n) => `|a|\n|-|\n|${"x|".repeat(n)}\n${"|x|\n".repeat(n)}`,
  "one line without a space": (n) => "w".repeat(n * 4),
  "a line of backticks": (n) => "`".repeat(n * 20),
  "a line of tildes": (n) => "~".repeat(n * 20),
  "text groups of formulas": (n) => `$${"\\text{$".repeat(n)}`,
  "tags around paragraphs": (n) => "<b>a\n\n".repeat(n),
  "preformatted text": (n) => "<pre>\na\n".repeat(n),
  "tags of blocks": (n) => "<div>\n".repeat(n),
  "items of HTML": (n) => "<ul><li>".repeat(n),
  entities: (n) => "&amp".repeat(n),
  "tags with blank lines": (n) => "<p>\n\n".repeat(n),
  "items with blank lines": (n) => "- a\n\n".repeat(n),
  "displayed formulas with blank lines": (n) => "$$a\n\n".repeat(n),
  "fences of Markdown whose ends open inner ones": (n) => "```md\na:\n```\nb\n".repeat(n),
};

/** Processor time after which a page seems dead. The bounds let texts of up to a fifth of it through. */
const MAX_DRAWING_MS = 10_000;

const DRAWINGS = [700, 3_000, 50_000].flatMap((times) =>
  (["growing", "whole"] as const).map((ending) => ({ times, ending })),
);

describe("a model in a loop", () => {
  test.each(Object.entries(LOOPS).map(([name, loop], place) => ({ name, loop, place })))(
    "$name: is drawn, growing or whole",
    ({ loop, place }) => {
      for (const { times, ending } of oneIn(2, DRAWINGS, place))
        expect(threadMsOf(() => draw(loop(times), ending))).toBeLessThan(MAX_DRAWING_MS);
    },
  );
});

test("only the blocks beyond the bounds are shown as their source", () => {
  const html = draw(`before **it**\n\n${"- ".repeat(1_800)}a\n\nafter *it*`);
  expect(html).toContain("<strong>it</strong>");
  expect(html).toContain("<em>it</em>");
  expect(html).toContain(`- - - a`);
  expect(html.match(/class="unformatted"/g)).toHaveLength(1);
});

test.each([
  "javascript:alert(1)",
  "http://a.example/b.png",
  "file:///etc/passwd",
  "https://a:b@c.example/d.png",
  "e.png",
])("an image at %s is shown as its address, and never loaded", (address) => {
  const html = draw(`![a cat](${address})`);
  expect(wordsIn(html)).toContain(address);
  expect(html).not.toMatch(/<(img|a|button)|(src|href)=/);
});

test("two megabytes are drawn in pieces, without formatting", () => {
  const html = draw("some **words** and more\n\n".repeat(80_000));
  expect(html).not.toContain("<strong>");
  expect(html.match(/unformatted__piece/g)!.length).toBeGreaterThan(100);
});

describe("within the bounds is", () => {
  test.each([
    ["a list of a hundred formatted items", "- **a** `b` [c](https://example.com) *d*\n".repeat(100)],
    ["a table of two hundred rows", `| a | b |\n| - | - |\n${"| **x** | `y` |\n".repeat(200)}`],
    ["a list of eight levels", Array.from({ length: 8 }, (_, n) => `${"  ".repeat(n)}- a`).join("\n")],
    ["a rule of a hundred dashes", "- ".repeat(100)],
    ["a form with blanks", "Name: ____________________\n".repeat(20)],
    ["code of many stars in a list", `- a\n  \`\`\`c\n${"  char **a = &b[0];\n".repeat(80)}  \`\`\`\n`],
  ])("%s", (_, block) => {
    expect(isBlockBeyondBounds(block)).toBe(false);
    expect(draw(block)).not.toContain("unformatted");
  });
});

describe("every character of an answer is shown", () => {
  test("all characters of lines that look like link definitions are shown", () => {
    const text = wordsIn(draw("[Alice]: Hello\n[Bob]: Hi!\n\n[INFO]: done\n\nThe end."));
    for (const line of ["[Alice]: Hello", "[Bob]: Hi!", "[INFO]: done", "The end."])
      expect(text).toContain(line);
  });

  test.each([
    [
      "a definition that nothing uses",
      "a\n\n[docs]: https://example.com/docs",
      "[docs]: https://example.com/docs",
    ],
    [
      "a definition that only code uses",
      "`[docs]`\n\n[docs]: https://example.com",
      "[docs]: https://example.com",
    ],
    ["one in a quote", "> [Bob]: Hi", "[Bob]: Hi"],
    ["one in a list", "- [Bob]: Hi", "[Bob]: Hi"],
    ["one over two lines", "[Bob]:\nHi", "Hi"],
    [
      "a definition without a valid address",
      "[a] and\n\n[a]: javascript:alert(1)",
      "[a]: javascript:alert(1)",
    ],
    ["a cell beyond the head of its table", "| a |\n| - |\n| b | c |", "c"],
    ["the address of a link that leads nowhere", "see [this](./docs/a.md)", "./docs/a.md"],
    ["what follows the language of a fence", "```js file.js\na\n```", "file.js"],
    ["the same in a list", "- a\n  ```js file.js\n  b\n  ```", "file.js"],
  ])("%s", (_, markdown, shown) => {
    expect(wordsIn(draw(markdown))).toContain(shown);
  });

  test("an image by reference is one", () => {
    const html = draw("![a cat][1]\n\n[1]: https://a.example/b.png");
    expect(html).toContain("remote-image--button");
    expect(wordsIn(html)).not.toContain("![");
  });

  test("a link definition that the answer uses is not shown", () => {
    const html = draw("see [docs] and [more][Docs]\n\ntext\n\n[docs]: https://example.com/docs");
    expect(html.match(/href="https:\/\/example.com\/docs"/g)).toHaveLength(2);
    expect(wordsIn(html)).not.toContain("example.com");
  });
});

test("items and quotes of link definitions that the answer uses leave nothing empty", () => {
  const html = draw(
    "[a], [b] and [c]\n\n- d\n- [a]: https://a.example\n\n> [b]: https://b.example\n\n1. [c]: https://c.example",
  );
  expect(html.match(/<li>.*<\/li>/s)![0]).toBe("<li><p>d</p></li>");
  expect(html).not.toMatch(/<blockquote|<ol/);
});

test("the words of any Markdown are rendered", () => {
  fc.assert(
    fc.property(markdownText, (markdown) => {
      // Addresses are in attributes.
      const html = draw(markdown);
      const words = new Set(markdown.match(/wo\d+rd/g));
      expect([...words].filter((each) => !html.includes(each))).toEqual([]);
    }),
    { numRuns: perRun({ short: 300, long: 1_500 }) },
  );
});

test("rendering a growing text never throws", () => {
  fc.assert(
    fc.property(markdownText, fc.double({ min: 0, max: 1, noNaN: true }), (markdown, part) => {
      draw(markdown.slice(0, Math.floor(markdown.length * part)), "growing");
    }),
    { numRuns: perRun({ short: 200, long: 1_000 }) },
  );
});

test("any characters are rendered", () => {
  const marks = fc.constantFrom(..."*_~`[]()<>!$\\|#-+:&@.\n \t1aé中👩\u200B\uE000\uD800".split(""));
  fc.assert(
    fc.property(
      fc.string({ unit: marks, maxLength: 200 }),
      fc.constantFrom("growing", "whole", "cut"),
      (text, ending) => {
        draw(text, ending as TextEnding);
      },
    ),
    { numRuns: perRun({ short: 400, long: 2_000 }) },
  );
});

test("links by reference take linear time", () => {
  const growth = growthOf(45, (count) => {
    const all = Array.from({ length: count }, (_, place) => `a${String(place)}`);
    const definitions = all.map((each) => `[${each}]: https://a.example\n`);
    const html = draw(`${all.map((each) => `[${each}] `).join("")}\n\n${definitions.join("")}`);
    if (!html.includes("href=")) throw new Error(`${String(count)} links are beyond the bounds`);
  });
  expect(growth).toBeLessThan(LINEAR);
});

test("ordinary Markdown takes linear time", () => {
  const source = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const part = source.slice(0, source.indexOf("\n\n", 3_000) + 2);
  expect(growthOf(1, (times) => draw(part.repeat(times)))).toBeLessThan(LINEAR);
});
