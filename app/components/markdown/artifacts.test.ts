import { expect, test } from "vitest";
import { artifactKind, artifactsIn, documentOf } from "./artifacts";

test.each([
  ["html", "<p>", "html"],
  ["HTM", "<p>", "html"],
  ["svg", "<svg/>", "svg"],
  ["xml", " <svg viewBox='0 0 1 1'/>", "svg"],
  ["xml", '<?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg PUBLIC "b" "c">\n<svg>', "svg"],
  ["xml", "<note/>", null],
  ["xml", "<!-- <svg> -->", null],
  ["ts", "<svg/>", null],
  [null, "<p>", null],
] as const)("a block in %s with %s is shown as %s", (language, code, kind) => {
  expect(artifactKind(language, code)).toBe(kind);
});

test("the artifacts of a conversation are its closed blocks of HTML and SVG, in their order", () => {
  const texts = [
    "Look:\n\n```html\n<p>1</p>\n```\n\nand\n\n~~~svg\n<svg/>\n~~~",
    "```ts\n```html\n```\n",
    "```html\n<p>2",
  ];
  expect(artifactsIn(texts)).toEqual([
    { kind: "html", code: "<p>1</p>" },
    { kind: "svg", code: "<svg/>" },
  ]);
});

test("an SVG is put into a document", () => {
  expect(documentOf({ kind: "html", code: "<p>" })).toBe("<p>");
  expect(documentOf({ kind: "svg", code: "<svg/>" })).toMatch(/^<!doctype html>.*<svg\/>$/);
});
