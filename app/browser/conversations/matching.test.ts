import { expect, test } from "vitest";
import { excerptOf, matches } from "./matching";

test("a text matches its words in any order, case and accent", () => {
  expect(matches("A café in Zürich", "zur CAFE")).toBe(true);
  expect(matches("A café in Zürich", "café bern")).toBe(false);
  expect(matches("رِحلة", "رحلة")).toBe(true);
  expect(matches("anything", "  ")).toBe(true);
});

test.each([
  ["Turkish letters that differ by a dot alone", "Isparta ve İzmir", "ısparta izmir", true],
  ["a Hindi word with its vowel signs", "हिन्दी में लिखो", "हिन्दी", true],
  ["another Hindi word with the same consonants", "काम करो", "कम", false],
  ["a Hindi word without its dots", "सड़क", "सडक", true],
  ["a Chinese word within a sentence", "我们明天去北京。", "北京", true],
  ["Japanese full-width letters", "ＨＴＭＬを書く", "html", true],
  ["another Japanese word, without voicing marks", "ハス", "バス", false],
  ["a Japanese word whose voicing mark is a character of its own", "ハ\u3099ス", "バス", true],
  ["a Korean word of which one letter was typed", "한국어", "하", true],
  ["a Russian word without the dots of ё", "ещё раз", "еще", true],
])("%s: %j and %j", (_, text, query, isFound) => {
  expect(matches(text, query)).toBe(isFound);
});

test.each([
  ["It was a Café in Orléans.", "orleans", "It was a Café in ", "Orléans", "."],
  ["Two\n\nlines   here", "lines", "Two ", "lines", " here"],
  ["cafe\u0301s", "cafe", "", "cafe\u0301", "s"],
  ["A quotation that says that tables are useful", "tables", "…that says that ", "tables", " are useful"],
  ["one two", "two one", "one ", "two", ""],
  ["Yarın İstanbul’a", "istanbul", "Yarın ", "İstanbul", "’a"],
  ["मैं हिन्दी सीखता हूँ", "हिन्दी", "मैं ", "हिन्दी", " सीखता हूँ"],
  ["東京でバスに乗る", "バス", "東京で", "バス", "に乗る"],
  ["저는 한국어를 배워요", "한국어", "저는 ", "한국어", "를 배워요"],
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
