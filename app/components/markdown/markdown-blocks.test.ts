import { describe, expect, test } from "vitest";
import * as blocks from "./markdown-blocks";

/** Each block as it is parsed. */
const markdownBlocks = (text: string) =>
  blocks
    .markdownBlocks(text)
    .map(({ markdown, definitions }) =>
      definitions === "" ? markdown : `${definitions}\n\n${markdown.replace(/^\n+/, "")}`,
    );

describe("Markdown is cut", () => {
  test.each([
    ["between paragraphs", "one\n\ntwo\nlines\n\n\nthree", ["one", "two\nlines", "three"]],
    ["after a closed fence", "```js\na\n\nb\n```\nafter", ["```js\na\n\nb\n```", "after"]],
    ["before a fence that interrupts a paragraph", "text:\n```\na\n```", ["text:", "```\na\n```"]],
    ["between a heading and what follows a blank line", "# A\n\ntext", ["# A", "text"]],
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
    ["in a formula of a list", "- one\n  \\[\n  a\n\n  b\n  \\]\n- two"],
  ])("%s", (_, markdown) => {
    expect(markdownBlocks(markdown)).toEqual([markdown]);
  });
});

describe("a definition of a link", () => {
  const text = "see [docs]\n\ntext\n\n[Docs]: https://example.com";

  test("a link definition is added only to the blocks that use it", () => {
    expect(markdownBlocks(text)).toEqual([
      "[Docs]: https://example.com\n\nsee [docs]\n",
      "text\n",
      "[Docs]: https://example.com\n\n[Docs]: https://example.com",
    ]);
  });

  test("a link definition does not join blocks that were separate before", () => {
    const before = markdownBlocks(text.slice(0, text.indexOf("[Docs]")));
    expect(markdownBlocks(text)).toHaveLength(before.length + 1);
  });

  test("a line in a paragraph, or used by code only, is not a link definition", () => {
    expect(markdownBlocks("a [b]\n[b]: https://c.d")).toEqual(["a [b]\n[b]: https://c.d"]);
    expect(markdownBlocks("```\n[b]\n```\n\n[b]: https://c.d")[0]).toBe("```\n[b]\n```");
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
  expect(markdownBlocks("- one\n- two\n\ntext")).toEqual(["- one\n- two\n", "text"]);
});

test("finished blocks stay the same while the text grows", () => {
  const text =
    "# A\n\nsome *text*\n\n- a\n- b\n\n```js\nlet a;\n\nlet b;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nend";
  const whole = markdownBlocks(text);
  for (let length = 1; length <= text.length; length++) {
    const blocks = markdownBlocks(text.slice(0, length));
    for (const [index, block] of blocks.slice(0, -1).entries()) {
      expect(block.trim(), `after ${length} characters`).toBe(whole[index]!.trim());
    }
  }
});

test("nothing but blank lines is lost", () => {
  const text = "a\n\n- b\n\n  c\n\nd\n```\ne\n\n```\nf";
  expect(markdownBlocks(text).join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
});
