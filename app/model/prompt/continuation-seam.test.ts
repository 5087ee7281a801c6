import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeam } from "./continuation-seam";

const joined = (begun: string, ...deltas: string[]) => {
  const seam = createSeam(begun);
  return begun + deltas.map((delta) => seam(delta)).join("");
};

test.each([
  ["Hello", [" world"], "Hello world"],
  ["Hello wor", ["ld"], "Hello world"],
  ["Hello ", [" world"], "Hello world"],
  ["Hello ", ["world"], "Hello world"],
  ["One.\n", ["\n\n", "Two."], "One.\n\nTwo."],
  ["One.\n\n", ["\n", "\nTwo."], "One.\n\nTwo."],
  ["One.\n\n", [" Two."], "One.\n\nTwo."],
  ["- a\n", ["\n  - b"], "- a\n  - b"],
  ["One. ", ["\n\nTwo."], "One. \n\nTwo."],
])("the text %j continued by %j becomes %j", (begun, deltas, whole) => {
  expect(joined(begun, ...deltas)).toBe(whole);
});

test("only white space at the seam is changed", () => {
  expect(joined("a ", " b", " ", " c")).toBe("a b  c");
});

test("a continuation from exactly after the visible text restores the whole text, wherever the cut was", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", " ", "\n", "é"), { maxLength: 12 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, fc.nat(), (whole, at) => {
      const begun = whole.slice(0, at % (whole.length + 1));
      const rest = whole.slice(begun.trimEnd().length);
      // White space alone is nothing to go on with.
      fc.pre(rest.trim() !== "");
      expect(joined(begun, ...rest)).toBe(whole);
    }),
  );
});
