import { expect, test } from "vitest";
import { matches } from "./matching";

test("a text matches the words that are in it, in any order, case and accent", () => {
  expect(matches("A café in Zürich", "zur CAFE")).toBe(true);
  expect(matches("A café in Zürich", "café bern")).toBe(false);
  expect(matches("رِحلة", "رحلة")).toBe(true);
  expect(matches("anything", "  ")).toBe(true);
});
