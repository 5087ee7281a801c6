import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBlockSplitter } from "./markdown-blocks";
import { markdownText } from "./markdown-arbitrary";

const markdownBlocks = (text: string, isGrowing = false) =>
  createBlockSplitter()(text, isGrowing)!.map(({ source }) => source);

describe("Markdown is cut", () => {
  test.each([
    ["between paragraphs", "one\n\ntwo\nlines\n\n\nthree", ["one", "two\nlines", "three"]],
    ["after a closed fence", "```js\na\n\nb\n```\nafter", ["```js\na\n\nb\n```", "after"]],
    ["before a fence that interrupts a paragraph", "text:\n```\na\n```", ["text:", "```\na\n```"]],
    ["between a heading and its text", "# A\ntext", ["# A", "text"]],
    ["after a fence that closes at an indent of three", "```\na\n   ```\nb", ["```\na\n   ```", "b"]],
    ["before a list that interrupts a paragraph", "text:\n- a", ["text:", "- a"]],
    ["after a list that a fence ends", "- a\n```\nb\n```", ["- a", "```\nb\n```"]],
    [
      "between definitions of links",
      "[a]: https://b.c\n[d]: https://e.f",
      ["[a]: https://b.c", "[d]: https://e.f"],
    ],
    ["after the definition of a footnote", "[^a]: b\n\n    c\n\nd", ["[^a]: b\n\n    c", "d"]],
  ])("%s", (_, markdown, blocks) => {
    expect(markdownBlocks(markdown).map((block) => block.trim())).toEqual(blocks);
  });
});

describe("Markdown is left whole", () => {
  test.each([
    ["in a list with blank lines", "1. one\n\n2. two\n\n3. three"],
    ["in a list item of several paragraphs", "- one\n\n  more of one\n- two"],
    ["in code inside of a list", "- one\n\n  ```\n  a\n\n  b\n  ```\n\n- two"],
    ["in a fence of tildes that holds backticks", "~~~\n```\n\n```\n~~~"],
    ["in a longer fence that holds a shorter one", "````\n```\n\n```\n````"],
    ["in indented code with blank lines", "    a\n\n    b"],
    ["in a fence that is still open", "```\na\n\nb"],
    ["in a formula with blank lines", "$$\na\n\nb\n$$"],
    ["in a fence whose code has an indented mark", "```\na\n    ```\nb\n```"],
    ["in a fence of a list behind a line of text", "1. a\n   ```\n   b\n   ```\n2. c"],
    ["in details", "<details>\n<summary>A</summary>\n\n```\nb\n```\n\n- c\n\n</details>"],
    [
      "in a fence of Markdown that holds fences",
      "```markdown\n# A\n\n```js\nb\n```\n\nc:\n\n```\nd\n```\n```",
    ],
    ["in a formula of a list", "- one\n  \\[\n  a\n\n  b\n  \\]\n- two"],
  ])("%s", (_, markdown) => {
    expect(markdownBlocks(markdown)).toEqual([markdown]);
  });
});

test("a displayed formula is a separate block, also between the lines of a paragraph", () => {
  expect(markdownBlocks("so\n\\[\na\n+ b\n\\]\nwhere")).toEqual(["so", "\\[\na\n+ b\n\\]", "where"]);
});

test("an unclosed formula mark hides no text", () => {
  expect(markdownBlocks("$$ is money\n\n# A\n\ntext")).toHaveLength(3);
});

test("a line of code that looks like a link definition is not one", () => {
  expect(markdownBlocks("text\n\n```ts\n  [key: string]: number\n```")).toHaveLength(2);
});

test("a paragraph after a list is a separate block", () => {
  expect(markdownBlocks("- one\n- two\n\ntext")).toEqual(["- one\n- two", "text"]);
});

test("a fence of Markdown without its end is closed as CommonMark does", () => {
  expect(markdownBlocks("```md\n```js\na\n```\n\nafter")).toEqual(["```md\n```js\na\n```", "after"]);
});

test("an unclosed element reaches to the end only while the text grows", () => {
  const text = "<details>\n\na\n\nb";
  expect(markdownBlocks(text, true)).toEqual([text]);
  expect(markdownBlocks(text)).toEqual(["<details>", "a", "b"]);
});

test("a growing text keeps all blocks but the last two", () => {
  fc.assert(
    fc.property(markdownText, (text) => {
      const split = createBlockSplitter();
      let before = split("", true)!;
      for (let end = 1; end <= text.length; end += 3) {
        const blocks = split(text.slice(0, end), true)!;
        for (const [index, block] of before.slice(0, -2).entries()) expect(blocks[index]).toBe(block);
        before = blocks;
      }
    }),
    { numRuns: 100 },
  );
});

test.each([
  ["a quotation", "> a\n**b**"],
  ["an item", "1. a\n--b"],
])("marks below %s are a line of it, also while they grow", (_, text) => {
  const split = createBlockSplitter();
  for (let end = 1; end < text.length; end++) split(text.slice(0, end), true);
  expect(split(text, true)!.map(({ source }) => source)).toEqual([text]);
});

test("a text that becomes shorter keeps its finished blocks, also where the whole would be cut elsewhere", () => {
  const split = createBlockSplitter();
  const text = "a\n</b>\n|-|-|\n\nb";
  for (let end = 1; end <= text.length; end++) split(text.slice(0, end), true);
  const [first] = split(`${text}\n\n[c]:`, true)!;
  expect(first!.source).not.toBe(createBlockSplitter()(text, true)![0]!.source);
  expect(split(text, true)![0]).toBe(first);
});

test("a formula that is never closed becomes a line of the paragraph before it", () => {
  const split = createBlockSplitter();
  expect(split("so\n$$\nx", true)!.map(({ source }) => source)).toEqual(["so", "$$\nx"]);
  expect(split("so\n$$\nx", false)!.map(({ source }) => source)).toEqual(["so\n$$\nx"]);
});

test("nothing but blank lines is lost", () => {
  const text = "a\n\n- b\n\n  c\n\nd\n```\ne\n\n```\nf";
  expect(markdownBlocks(text).join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
});
