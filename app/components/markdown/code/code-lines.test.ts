import { expect, test } from "vitest";
import { countLines, piecesOfLines, startOfLine } from "./code-lines";

test("finds the beginning of a line", () => {
  expect(startOfLine("a\nb\nc", 0)).toBe(0);
  expect(startOfLine("a\nb\nc", 2)).toBe(4);
  expect(startOfLine("a\nb\nc", 3)).toBeNull();
});

test("counts lines, the last with and without an end", () => {
  expect(countLines("a")).toBe(1);
  expect(countLines("a\nb\n")).toBe(3);
});

test("pieces are the whole text again", () => {
  const text = Array.from({ length: 25 }, (_, line) => `line ${String(line)}`).join("\n");
  expect(piecesOfLines(text, 10)).toHaveLength(3);
  expect(piecesOfLines(text, 10).join("")).toBe(text);
  expect(piecesOfLines("", 10)).toEqual([]);
  expect(piecesOfLines("a\nb\n", 1)).toEqual(["a\n", "b\n"]);
});
