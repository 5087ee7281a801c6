import { expect, test } from "vitest";
import { comparable, findHits, firstHitFrom } from "./find-hits";

const texts = ["Tea, then more tea.", "Nothing", "Thé\n\nteapot: TÉA"].map(comparable);

test("each place of a query is found, regardless of case and accents", () => {
  expect(findHits(texts, "tea")).toEqual([
    { message: 0, nth: 0 },
    { message: 0, nth: 1 },
    { message: 2, nth: 0 },
    { message: 2, nth: 1 },
  ]);
  expect(findHits(texts, "  ")).toEqual([]);
  expect(findHits(["aaaa"], "aa")).toHaveLength(2);
});

test("spaces are as wide as they are drawn, and no place is in two lines", () => {
  expect(findHits([comparable("then   more")], "then more")).toHaveLength(1);
  expect(findHits(texts, "the teapot")).toEqual([]);
});

test("a search begins at the message in view", () => {
  const hits = findHits(texts, "tea");
  expect([0, 1, 2, 3].map((message) => firstHitFrom(hits, message))).toEqual([0, 2, 2, 0]);
});
