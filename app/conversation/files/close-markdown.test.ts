import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { expect, test } from "vitest";
import { growthOf, LINEAR } from "../../../tests/fixtures/load/processor-time";
import { closeMarkdown } from "./close-markdown";

type Node = { type: string; value?: string; children?: Node[] };

/** The words of a text as it is drawn, without white space. */
function wordsOf(markdown: string): string {
  const words = ({ value = "", children = [] }: Node): string => value + children.map(words).join("");
  return words(fromMarkdown(markdown) as Node).replace(/\s+/g, "");
}

/** Whether a heading after the text becomes a part of it. */
function isSwallowed(markdown: string): boolean {
  const last = fromMarkdown(`${markdown}\n\n## End`).children.at(-1);
  return last?.type !== "heading" || wordsOf(`${markdown}\n\n## End`).endsWith("#End");
}

test.each([
  ["a fence", "a\n\n```js\nlet a", "a\n\n```js\nlet a\n```"],
  ["a long fence with a shorter one in it", "`````md\n```\nx", "`````md\n```\nx\n`````"],
  ["a fence of tildes", "~~~~\n```\n", "~~~~\n```\n~~~~"],
  ["a fence whose closing mark is not complete", "```\na\n``", "```\na\n``\n```"],
  ["a fence in a list", "- a\n  ```\n  b", "- a\n  ```\n  b\n  ```"],
  ["a fence in a quote", "> ```\n> b", "> ```\n> b\n> ```"],
  ["a formula", "a\n\n$$\nx", "a\n\n$$\nx\n$$"],
  ["a formula in brackets", "\\[\nx", "\\[\nx\n\\]"],
  ["a comment", "a\n\n<!-- b", "a\n\n<!-- b\n-->"],
  ["preformatted text", "<PRE class=a>\nb", "<PRE class=a>\nb\n</PRE>"],
  ["elements", "<details>\n<summary>a", "<details>\n<summary>a\n\n</summary></details>"],
])("closes %s", (_, open, closed) => {
  expect(closeMarkdown(open)).toBe(closed);
  expect(closeMarkdown(closed)).toBe(closed);
});

test.each([
  "```\na\n```\n",
  "- ```\n  a\n\nb",
  "> ```\n> a\n\nb",
  "`a ``` b`",
  "    ```",
  "$$x$$ and $5",
  "<!-- a --> b",
  "a `<details>` element, a List<T>, a <br> and <b>c</b>",
  "```\n<details>\n$$\n```",
])("leaves %j as it is", (closed) => {
  expect(closeMarkdown(closed)).toBe(closed);
});

test("no fence, comment or raw element swallows what follows, and nothing is closed in vain", () => {
  const indent = fc.constantFrom(
    "",
    "",
    "",
    " ",
    "  ",
    "   ",
    "    ",
    "> ",
    "- ",
    "1. ",
    "> - ",
    "- > ",
    "\t",
  );
  const mark = fc.constantFrom(
    "```",
    "````",
    "~~~",
    "```js",
    "a",
    "",
    "",
    "<!-- a",
    "-->",
    "<pre>",
    "x</pre>",
    "<div>",
    "***",
  );
  const line = fc
    .tuple(indent, mark)
    .map(([indent, mark]) => indent + (/[-.] $/.test(indent) ? mark || "a" : mark));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 9 }), (lines) => {
      const text = lines.join("\n");
      const closed = closeMarkdown(text);
      expect(isSwallowed(closed)).toBe(false);
      if (!isSwallowed(text) && !text.includes("<")) expect(wordsOf(closed)).toBe(wordsOf(text));
    }),
    { numRuns: 500, seed: 17 },
  );
});

test("the answer of a model in a loop is closed in linear time", () => {
  for (const loop of ["- ", "> ", "<b>", "`a", "``` ", "<!-- ", "$$ ", "1. ", "<a "]) {
    const growth = growthOf(2_500, (times) => {
      closeMarkdown(loop.repeat(times));
      closeMarkdown(`${loop}\n`.repeat(times));
    });
    expect(growth, loop).toBeLessThan(LINEAR);
  }
});
