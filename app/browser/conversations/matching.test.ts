import { expect, test } from "vitest";
import { excerptOf, matches } from "./matching";

test("a text matches its words in any order, case and accent", () => {
  expect(matches("A café in Zürich", "zur CAFE")).toBe(true);
  expect(matches("A café in Zürich", "café bern")).toBe(false);
  expect(matches("رِحلة", "رحلة")).toBe(true);
  expect(matches("anything", "  ")).toBe(true);
});

test.each([
  ["It was a Café in Orléans.", "orleans", "It was a Café in ", "Orléans", "."],
  ["Two\n\nlines   here", "lines", "Two ", "lines", " here"],
  ["cafe\u0301s", "cafe", "", "cafe\u0301", "s"],
  ["A quotation that says that tables are useful", "tables", "…that says that ", "tables", " are useful"],
  ["one two", "two one", "one ", "two", ""],
  ["الكِتاب هنا", "كتاب", "ال", "كِتاب", " هنا"],
])("an excerpt of %j shows where %j is", (text, query, before, found, after) => {
  expect(excerptOf(text, query)).toEqual({ before, found, after });
});

test("an excerpt of a long text is short", () => {
  const excerpt = excerptOf(`${"x ".repeat(5_000)}needle${" y".repeat(5_000)}`, "needle")!;
  expect(excerpt.found).toBe("needle");
  expect(excerpt.before).toMatch(/^….{10,30}$/);
  expect(excerpt.after).toMatch(/^.{40,80}…$/);
});

test("a text that does not match has no excerpt", () => {
  expect(excerptOf("tea", "coffee")).toBeNull();
  expect(excerptOf("tea", " ")).toBeNull();
});
