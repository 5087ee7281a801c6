import { expect, test } from "vitest";
import { isKnown } from "./etag";

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['"b",W/"a" ,"c"', true],
  ["*", true],
  [" * ", true],
  ['"b"', false],
  ['"ab"', false],
  ['"b,a"', false],
  ["a", false],
  ["", false],
  [null, false],
  [undefined, false],
])('whether If-None-Match: %s contains the ETag "a": %s', (header, known) => {
  expect(isKnown(header, '"a"')).toBe(known);
});

test("an ETag that contains a comma is found in a list", () => {
  expect(isKnown('"x", "a,b"', '"a,b"')).toBe(true);
});

test("a header of many quotation marks is answered at once", () => {
  expect(isKnown('"'.repeat(100_001), '"a"')).toBe(false);
});
