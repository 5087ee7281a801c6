import katex from "katex";
import { expect, test } from "vitest";
import { formulaFor } from "./formula-options";

function draw(source: string): string {
  const { tex, options } = formulaFor(source, true);
  return katex.renderToString(tex, options);
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
  "arguments up to a mark": `\\def\\a#1;{${"#1".repeat(400)}}\\a ${"x".repeat(3_000)};`,
};

test.each(Object.entries(BOMBS))("%s is refused before it takes long", (_, source) => {
  expect(source.length).toBeLessThanOrEqual(5_000);
  const before = process.threadCpuUsage().user;
  expect(() => draw(source)).toThrow();
  expect((process.threadCpuUsage().user - before) / 1_000).toBeLessThan(500);
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

test.each([String.raw`\href{https://a.example/}{x}`, String.raw`\includegraphics{https://a.example/x.png}`])(
  "what leads out of the page is refused: %s",
  (source) => {
    expect(() => draw(source)).toThrow("lead out");
  },
);
