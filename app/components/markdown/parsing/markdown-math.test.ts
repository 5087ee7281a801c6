import type { Nodes } from "mdast";
import { describe, expect, test } from "vitest";
import { readFormula } from "./markdown-math";
import { parseMarkdown } from "./parse-markdown";

/** The formulas of a text: how they are set, their LaTeX, and whether they are open. */
function found(markdown: string, isGrowing = false): string[] {
  const visit = (node: Nodes): string[] => {
    if (node.type === "math") {
      const { tex, isDisplay, isOpen } = readFormula(node.value);
      return [[isDisplay ? "display" : "inline", tex, ...(isOpen ? ["open"] : [])].join(" ")];
    }
    return "children" in node ? node.children.flatMap(visit) : [];
  };
  return visit(parseMarkdown(markdown, { isGrowing }));
}

describe("a formula", () => {
  test.each([
    ["between dollars", "so $x^2$ is", ["inline x^2"]],
    ["of one digit", "$1$", ["inline 1"]],
    ["in GitHub's spelling", "so $`x_1`$", ["inline x_1"]],
    ["between brackets, as models write it", "so \\(x^2\\) and \\[y\\]", ["inline x^2", "display y"]],
    ["in two dollars on one line", "$$ E = mc^2 $$", ["display E = mc^2"]],
    ["in two dollars in a sentence", "so $$ E = mc^2 $$ holds", ["display E = mc^2"]],
    ["of many lines", "$$\na\n+ b\n- c\n$$", ["display a\n+ b\n- c"]],
    ["that begins on the line of its mark", "$$E =\nmc^2$$", ["display E =\nmc^2"]],
    ["with a blank line", "\\[\na\n\nb\n\\]", ["display a\n\nb"]],
    ["in an environment", "\\begin{align*}a&=b\\end{align*}", ["display \\begin{align*}a&=b\\end{align*}"]],
    [
      "in an environment of lines",
      "so\n\\begin{align}\na&=b\n\\end{align}",
      ["display \\begin{align}\na&=b\n\\end{align}"],
    ],
    ["with a pipe in a table", "| a | b |\n| - | - |\n| $|x|$ | 1 |", ["inline |x|"]],
    ["with a dollar in it", "$a \\$ b$", ["inline a \\$ b"]],
    ["in bold", "**$x$**", ["inline x"]],
    ["after a price", "for $5, where $x = 5$.", ["inline x = 5"]],
    [
      "beside letters",
      "the $n$th, all $x$s, H$_2$O and CO$_2$",
      ["inline n", "inline x", "inline _2", "inline _2"],
    ],
    [
      "beside digits",
      "25$^\\circ$C, 5$\\times$3, 10$\\%$",
      ["inline ^\\circ", "inline \\times", "inline \\%"],
    ],
    ["beside CJK letters", "设$x$为整数，其中$y$是$n$阶。", ["inline x", "inline y", "inline n"]],
    [
      "of a bracket beside letters",
      "H$_{2}$O, Fe$^{3+}$and $^{14}$C; 其中$a_{i}$是，$[0,1]$上的$f'$为",
      ["inline _{2}", "inline ^{3+}", "inline ^{14}", "inline a_{i}", "inline [0,1]", "inline f'"],
    ],
    ["before a hyphen", "the $x$-axis and $p$-values", ["inline x", "inline p"]],
    ["of an interval", "$[0, 1)$ and \\(]0, 1[\\)", ["inline [0, 1)", "inline ]0, 1["]],
    [
      "of a number and LaTeX",
      "$2 \\times 3 = 6$, $10\\%$, $3x$",
      ["inline 2 \\times 3 = 6", "inline 10\\%", "inline 3x"],
    ],
    ["over a line end", "so $a +\nb$ is", ["inline a +\nb"]],
    ["in a quote", "> $$\n> x^2\n> = 9\n> $$", ["display x^2\n= 9"]],
    ["in a quote, on one line", "> so \\[a = b\\] and $c$", ["display a = b", "inline c"]],
    ["in a quote of a quote", "> > \\[\n> > a\n> > \\]", ["display a"]],
    ["in a list", "1. a:\n   $$\n   x\n   $$\n2. b", ["display x"]],
    ["in a list, after a blank line", "- a\n\n  \\[\n  - x\n  \\]\n\n- b", ["display - x"]],
    ["in a quote of a list", "- > $$\n  > x\n  > $$", ["display x"]],
    ["behind lines of a paragraph", "so\n\\[\na\n\\]\nwhere", ["display a"]],
    ["with its punctuation", "\\[\na = b\n\\].\n\n$$x$$,", ["display a = b.", "display x,"]],
    ["before more of its line", "\\[\na\n\\] where $b$", ["display a", "inline b"]],
    ["in a heading", "## The $n$-th $$x$$", ["inline n", "display x"]],
    ["in a link", "[$x$](https://example.com)", ["inline x"]],
    [
      "with formulas in its text",
      "$$\\text{if $x$}$$ and $$f = \\begin{cases}\n1 & \\text{if $x > 0$}\n\\end{cases}$$",
      ["display \\text{if $x$}", "display f = \\begin{cases}\n1 & \\text{if $x > 0$}\n\\end{cases}"],
    ],
    ["with CRLF inside", "$$\r\nx\r\n$$", ["display x"]],
  ])("%s is found", (_, markdown, formulas) => {
    expect(found(markdown)).toEqual(formulas);
  });
});

describe("no formula", () => {
  test.each([
    ["are prices", "it costs $5 and $10"],
    ["is a range of prices", "$5-$10, $5–$10, $5k–$10k, or US$5 to US$10"],
    ["are prices before and after their sign", "between $5 and 10$, or $5 or 20$"],
    ["are prices after which the sign stands", "5$, 10$, 15$ or 100$/mois, 200$/an"],
    ["are prices in brackets", "Free ($0), Pro ($20), Team ($25/user), or Pro ($20) and Max (100$)"],
    ["are other currencies", "US$, C$, A$5 and NZ$; R$ 5 e R$ 10; HK$20/HK$30, S$5"],
    ["are prices in bold", "**$5**–**$10**, **$5** or **$7**"],
    ["are prices of a line each", "Coffee $3\nTea $2\nWater 1$"],
    ["are thousands", "$1,000.50 to $2,000 (about $1.5 million or $2M)"],
    ["are negative amounts", "-$5, $-5 and +$3"],
    ["are price levels", "Cafés ($), bars ($$) and fine dining ($$$), some ($$) near; $$–$$$ in town"],
    ["are price levels of a line each", "$$ – middle\n$$$ – dear\n$$ – middle again"],
    ["are price levels before names", "$ Taco stand, $$ Bistro, $$ Grill, $$$ Steakhouse"],
    ["are price levels in a list", "- Taco ($) – cheap\n- Bistro ($$) – middle\n- Grill ($$) – middle"],
    ["are price levels alone in a list", "- A\n  $$\n- B\n  $$"],
    ["are price levels in a table", "| A | $ |\n|---|---|\n| B | $$ |\n| C | $$$ |\n| D | $$ |"],
    ["are prices on both sides of a cell", "| a | b |\n|---|---|\n| $5 | 3$ |\n| $x | y$ |"],
    ["are prices in two items", "- $x is\n- y$ is"],
    [
      "are shell variables",
      "$HOME and $PATH, or $HOME/$USER, $HOME:$PATH, ${A}/${B}, ${A_B}${C}, $(pwd)/$(ls)",
    ],
    ["are variables in quotes", 'say "$a" and "$b", $x,$y or $a.$b'],
    ["are stock symbols", "$AAPL and $TSLA, ($AAPL), ($TSLA), $AAPL/$TSLA"],
    ["is made of escaped dollar signs", "\\$5 and \\$6, \\$x\\$"],
    ["is in code", "`$x$` and ``\\(a`b\\)``"],
    ["is in a fence", "```sh\necho $A$\n```"],
    ["is in a fence of a list", "- a\n  ```sh\n  echo $A$ \\(b\\)\n  ```"],
    ["goes over a blank line", "\\(a\n\nb\\) and $a\n\nb$"],
    ["goes over items", "- \\(a\n- b\\)\n- \\[\n- c\n- \\]"],
    ["goes out of a quote", "> $$\n> a\n\n$$"],
    ["is an escaped bracket in a word", "array\\[0\\]"],
    ["are escaped brackets", "\\[1\\], \\[2, 3\\], \\[x\\] and \\[text\\](https://example.com)"],
    ["are words in escaped brackets", "Use \\( to open and \\) to close, \\(just a note\\)"],
    ["is empty", "\\(\\) and $$ $$"],
    ["is in an address", "https://example.com/$a/$b"],
    ["is a single mark", "$$ is money\n\n# A\n\n\\[ is a bracket\n\ntext"],
  ])("%s", (_, markdown) => {
    expect(found(markdown)).toEqual([]);
  });
});

describe("while it is written", () => {
  test.each([
    ["brackets open a formula", "so \\(x", ["inline x open"]],
    ["two dollars open one", "$$\na", ["display a open"]],
    ["two dollars open one in a quote", "> $$\n> a", ["display a open"]],
    ["a dollar opens one once it looks like LaTeX", "so $\\frac{1}", ["inline \\frac{1} open"]],
    ["a dollar before a price opens none", "it costs $5 and", []],
    ["a currency opens none", "it costs US$5_", []],
    ["price levels open none", "- Bistro ($$) – middle, and", []],
    ["a formula before the end is not open", "\\(a\n\nb", []],
  ])("%s", (_, markdown, formulas) => {
    expect(found(markdown, true)).toEqual(formulas);
  });

  test("a complete text has no open formula", () => {
    expect(found("so \\(x")).toEqual([]);
    expect(found("$$\nx")).toEqual([]);
  });
});
