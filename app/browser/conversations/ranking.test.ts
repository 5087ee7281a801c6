import { expect, test } from "vitest";
import { bestRank, ranked } from "./ranking";

const labels = (...texts: string[]) => texts.map((label) => ({ label }));

test("the best label comes first: whole, at its beginning, at a word, anywhere", () => {
  const options = labels("Chateau", "Buy some tea", "Steak", "Teapots", "Téa");
  expect(ranked(options, "tea").map(({ label }) => label)).toEqual([
    "Téa",
    "Teapots",
    "Buy some tea",
    "Chateau",
    "Steak",
  ]);
  expect(ranked(labels("Café in Zürich", "Zurich"), "zur caf")).toEqual(labels("Café in Zürich"));
  expect(ranked(options, "coffee")).toEqual([]);
  expect(ranked(options, " ")).toEqual(options);
});

test("keywords find an option, after those whose labels have the words", () => {
  const dark = { label: "Appearance: Dark", keywords: "theme mode" };
  expect(ranked([dark, ...labels("A dark modern novel")], "dark mode")).toEqual([
    ...labels("A dark modern novel"),
    dark,
  ]);
  expect(bestRank([dark], "theme")).toBeGreaterThan(0);
  expect(bestRank([], "theme")).toBe(0);
});
