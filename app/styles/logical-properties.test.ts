import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { expect, test } from "vitest";

const app = new URL("..", import.meta.url).pathname;

/** What may name a side of the screen, and why. */
const ALLOWED: Record<string, string> = {
  "components/markdown/markdown-text.css text-align: left":
    "each cell has a direction of its own, its column one edge; so have the texts of a list",
  "components/markdown/markdown-text.css text-align: right": "the same in a table from right to left",
};

type Declaration = { property: string; value: string };

function declarations(css: string): Declaration[] {
  const bare = css.replaceAll(/\/\*.*?\*\//gs, "");
  return [...bare.matchAll(/([\w-]+)\s*:\s*([^;{}]+);/g)].map(([, property, value]) => ({
    property: property!,
    value: value!.replaceAll(/\s+/g, " "),
  }));
}

/** Whether it means the same side of the screen in either direction of writing. */
function isPhysical({ property, value: written }: Declaration): boolean {
  // How much room a side of the screen needs, whatever is written there.
  const value = written.replaceAll(/env\(safe-area-inset-(left|right)\)/g, "env()");
  if (/\b(left|right)\b/.test(`${property} ${value}`)) return true;
  if (/translate(X|3d)?\(\s*[^0)]/.test(value) && !value.includes("var(--forward)")) return true;
  const sides = withoutInnerSpaces(value).split(" ");
  if (property === "border-radius") return new Set(sides).size > 1;
  return (
    /^(margin|padding|inset|border-(width|style|color))$/.test(property) &&
    sides[1] !== (sides[3] ?? sides[1])
  );
}

function withoutInnerSpaces(value: string): string {
  const inner = /\([^()]*\)/;
  let rest = value;
  while (inner.test(rest)) rest = rest.replace(inner, (part) => `[${part.slice(1, -1).replaceAll(" ", "")}]`);
  return rest;
}

test.each([
  ["margin-left: 1rem", true],
  ["text-align: right", true],
  ["background: url(a.svg) right 0 center", true],
  ["padding: 0 1rem 0 2rem", true],
  ["padding: 0 max(1rem, calc(1px + 2px)) 0 1rem", true],
  ["border-radius: 1rem 1rem 0", true],
  ["transform: translateX(-100%)", true],
  ["transform: translateX(calc(-100% * var(--forward)))", false],
  ["transform: translateY(-100%)", false],
  ["padding: 0 max(1rem, env(safe-area-inset-right)) 0 max(1rem, env(safe-area-inset-left))", false],
  ["inset: auto 0 8.5rem", false],
  ["margin-inline-start: 1rem", false],
])("%s names a side of the screen: %s", (css, expected) => {
  expect(declarations(`.a { ${css}; }`).map(isPhysical)).toEqual([expected]);
});

test("no style sheet names a side of the screen, so that pages mirror for right-to-left languages", async () => {
  const found = new Set<string>();
  for await (const file of glob("**/*.css", { cwd: app })) {
    for (const declaration of declarations(readFileSync(app + file, "utf8"))) {
      if (isPhysical(declaration)) found.add(`${file} ${declaration.property}: ${declaration.value}`);
    }
  }
  expect([...found].toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
});
