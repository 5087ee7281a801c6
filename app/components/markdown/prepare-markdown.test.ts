import { describe, expect, test } from "vitest";
import { prepareMarkdown } from "./prepare-markdown";

const found = (markdown: string, isOpenEnded = false) =>
  prepareMarkdown(markdown, isOpenEnded).formulas.map(({ tex, isDisplay, isOpen }) =>
    [isDisplay ? "display" : "inline", tex, ...(isOpen ? ["open"] : [])].join(" "),
  );

describe("a formula", () => {
  test.each([
    ["between dollars", "so $x^2$ is", ["inline x^2"]],
    ["of one digit", "$1$", ["inline 1"]],
    ["in GitHub's spelling", "so $`x_1`$", ["inline x_1"]],
    ["between brackets, as models write it", "so \\(x^2\\) and \\[y\\]", ["inline x^2", "display y"]],
    ["in two dollars on one line", "$$ E = mc^2 $$", ["display E = mc^2"]],
    ["of many lines", "$$\na\n+ b\n- c\n$$", ["display a\n+ b\n- c"]],
    ["with a blank line", "\\[\na\n\nb\n\\]", ["display a\n\nb"]],
    ["in an environment", "\\begin{align*}a&=b\\end{align*}", ["display \\begin{align*}a&=b\\end{align*}"]],
    ["with a pipe in a table", "| a | b |\n| - | - |\n| $|x|$ | 1 |", ["inline |x|"]],
    ["with a dollar in it", "$a \\$ b$", ["inline a \\$ b"]],
    ["in bold", "**$x$**", ["inline x"]],
    ["after a price", "for $5, where $x = 5$.", ["inline x = 5"]],
  ])("%s is found", (_, markdown, formulas) => {
    expect(found(markdown)).toEqual(formulas);
  });

  test("a formula leaves a placeholder, with its source in case it cannot be drawn", () => {
    const { markdown, formulas } = prepareMarkdown("a \\(x\\) b", false);
    expect(markdown).toBe("a \uE0000\uE001 b");
    expect(formulas[0]?.source).toBe("\\(x\\)");
  });
});

describe("no formula", () => {
  test.each([
    ["are prices", "it costs $5 and $10"],
    ["is a range of prices", "$5-$10, or US$5 to US$10"],
    ["are shell variables", "$HOME and $PATH, or $HOME/$USER"],
    ["is made of escaped dollar signs", "\\$5 and \\$6"],
    ["is in code", "`$x$` and ``\\(a`b\\)``"],
    ["is in a fence", "```sh\necho $A$\n```"],
    ["is in a fence of a list", "- a\n  ```sh\n  echo $A$ \\(b\\)\n  ```"],
    ["goes over a blank line", "\\(a\n\nb\\) and $a\n\nb$"],
    ["is an escaped bracket in a word", "array\\[0\\]"],
    ["is empty", "\\(\\) and $$ $$"],
    ["is in an address", "https://example.com/$a/$b"],
  ])("%s", (_, markdown) => {
    expect(found(markdown)).toEqual([]);
    expect(prepareMarkdown(markdown, false).markdown).toBe(markdown);
  });
});

describe("while it is written", () => {
  test.each([
    ["brackets open a formula", "so \\(x", ["inline x open"]],
    ["two dollars open one", "$$\na", ["display a open"]],
    ["a dollar opens one once it looks like LaTeX", "so $\\frac{1}", ["inline \\frac{1} open"]],
    ["a dollar before a price opens none", "it costs $5 and", []],
    ["code that is still open has none", "call `a \\(b", []],
  ])("%s", (_, markdown, formulas) => {
    expect(found(markdown, true)).toEqual(formulas);
  });

  test("a complete text has no open formula", () => {
    expect(found("so \\(x")).toEqual([]);
  });
});

test("a footnote is not read as a link definition", () => {
  expect(prepareMarkdown("[^1]: https://example.com", false).markdown).toBe("\\[^1]: https://example.com");
});

test("a text that contains the placeholder characters is left unchanged", () => {
  expect(prepareMarkdown("\uE0000\uE001 $x$", false)).toEqual({
    markdown: "\uE0000\uE001 $x$",
    formulas: [],
  });
});
