import katex from "katex";
import "katex/contrib/mhchem";
import { expect, test } from "vitest";
import { threadMsOf } from "../../../../tests/fixtures/load/processor-time";
import { formulaFor } from "./formula-options";

function draw(source: string, isDisplay = true): string {
  const { tex, options } = formulaFor(source, isDisplay);
  return katex.renderToString(tex, options);
}

/** The characters of the drawn formula, without the spaces of layout. */
function visibleText(html: string): string {
  return html
    .slice(html.indexOf("katex-html"))
    .replace(/^[^>]*>|<[^>]*>|\u200B/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Short sources that expand to more than a page can draw, each in another way. */
const BOMBS: Record<string, string> = {
  "a macro without end": String.raw`\def\a{\a\a}\a`,
  "a long macro that is used often": `\\def\\a{${"x".repeat(4_000)}}${"\\a".repeat(490)}`,
  "long arguments": `\\def\\a#1{${"#1".repeat(400)}}\\a{${"x".repeat(4_000)}}`,
  "arguments in arguments": `\\def\\a#1{${"#1".repeat(50)}}\\a{\\a{\\a{\\a{x}}}}`,
  "an argument that doubles": String.raw`\def\a#1{\a{#1#1}}\a{x}`,
  "macros in macros": `\\def\\a{${"x".repeat(100)}}\\def\\b{${"\\a".repeat(20)}}${"\\b".repeat(20)}`,
  "definitions that double": `\\def\\a{xx}${"\\edef\\a{\\a\\a}".repeat(60)}\\a`,
  "commands with arguments": `\\newcommand{\\a}[2]{${"#1#2".repeat(300)}}${"\\a{xxxxxxxxxx}{yyyyyyyyyy}".repeat(100)}`,
  "a quantity of fractions in fractions": `\\pu{${"//".repeat(15)}}`,
  "a quantity whose slashes repeat what stands beside them": `\\pu{${"x//y".repeat(8)}}`,
  "arguments up to a mark": `\\def\\a#1;{${"#1".repeat(400)}}\\a ${"x".repeat(3_000)};`,
};

test("what expands to more than a page can draw is refused in the time of ten ordinary formulas", () => {
  const ordinary = String.raw`\frac{a}{b}+`.repeat(400);
  const drawn = threadMsOf(() => Array.from({ length: 10 }, () => draw(ordinary)));
  for (const source of Object.values(BOMBS)) {
    expect(source.length).toBeLessThanOrEqual(5_000);
    expect(threadMsOf(() => expect(() => draw(source)).toThrow())).toBeLessThan(drawn);
  }
});

test.each([
  String.raw`\renewcommand{\R}{\mathbb{R}}\newcommand{\norm}[1]{\left\lVert #1 \right\rVert} \norm{x + y} \le \norm{x} + \norm{y}, \quad x, y \in \R^n`,
  String.raw`\def\half{\tfrac12} \half + \half = 1`,
  String.raw`\begin{align*} a &= b \\ c &= d \tag{1} \end{align*}`,
  String.raw`a \equiv b \pmod{n}, \dots, \iint_D \boxed{x'}`,
  `\\newcommand{\\vecn}[1]{\\mathbf{#1}}${" + \\vecn{x}".repeat(100)}`,
])("a formula with ordinary macros is drawn: %.60s", (source) => {
  expect(draw(source)).toContain("katex-html");
});

test.each([
  ["the name of a label is the tag", String.raw`a = b \label{eq:a_b}`, "a=b(eq:a_b)"],
  ["each row has its own", String.raw`\begin{align} a \label{x} \\ b \label{y} \end{align}`, "ab(x)(y)"],
  ["a tag of the formula's own is kept", String.raw`a \label{x} \tag{1}`, "a(1)"],
  ["references are shown as names", String.raw`a \ref{eq:1}, \text{see \eqref{x}}`, "aeq:1,see (x)"],
  ["references of other packages", String.raw`a \autoref{eq:1}, \text{see \cref{x}}`, "aeq:1,see x"],
  ["text in a box", String.raw`a \mbox{ if } \mathds{1}`, "a if 1"],
  ["chemistry", String.raw`\require{mhchem} \ce{H2O}`, "HX2O"],
])("what belongs to other packages is drawn: %s", (_, source, expected) => {
  expect(visibleText(draw(source))).toBe(expected);
});

test("a tag within a line stands after the formula", () => {
  expect(visibleText(draw(String.raw`a \tag{1}`, false))).toBe("a(1)");
});

test.each([String.raw`\href{https://a.example/}{x}`, String.raw`\includegraphics{https://a.example/x.png}`])(
  "what leads out of the page is refused: %s",
  (source) => {
    expect(() => draw(source)).toThrow("lead out");
  },
);
