import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter } from "./split-lines";

test("lines are the same however the bytes are cut, and an incomplete line is kept back", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n"), maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(80)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const split = createLineSplitter();
      const lines = at.slice(1).flatMap((end, i) => split(bytes.subarray(at[i], end)));
      expect(lines).toEqual(text.split("\n").slice(0, -1));
    }),
  );
});

test("a line over the limit is reported once without filling the memory, and later lines are read", () => {
  const split = createLineSplitter(10);
  expect(split(Buffer.from("one\n12345"))).toEqual(["one"]);
  expect(split(Buffer.from("678901"))).toEqual([null]);
  expect(split(Buffer.from("2345678"))).toEqual([]);
  expect(split(Buffer.from("9\ntwo\n"))).toEqual(["two"]);
});
