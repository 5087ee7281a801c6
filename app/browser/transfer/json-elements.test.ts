import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonElementReader } from "./json-elements";

/** The texts of the elements, of a file that comes in pieces of these lengths. */
function elementsOf(json: string, lengths: readonly number[] = [], maxLength = 1_000_000) {
  const read = createJsonElementReader(maxLength);
  const bytes = new TextEncoder().encode(json);
  const ends = lengths.map((_, index) =>
    lengths.slice(0, index + 1).reduce((sum, length) => sum + length, 0),
  );
  const cuts = [0, ...ends.filter((end) => end < bytes.length), bytes.length];
  return cuts
    .slice(1)
    .flatMap((end, index) => read(bytes.subarray(cuts[index], end), end === bytes.length))
    .map(({ text }) => text);
}

test("any array, indented or not and in pieces of any lengths, is divided into its elements", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ noUnicodeString: false })),
      fc.array(fc.integer({ min: 1, max: 40 })),
      fc.constantFrom(0, 2),
      (values, lengths, indent) => {
        const texts = elementsOf(JSON.stringify(values, null, indent), lengths);
        expect(texts.map((text) => JSON.parse(text!) as unknown)).toEqual(
          JSON.parse(JSON.stringify(values)) as unknown,
        );
      },
    ),
  );
});

test.each<[string, string, (string | null)[]]>([
  ["a file that is no array", ' {"a": [1, 2]} ', [' {"a": [1, 2]} '.trimStart()]],
  ["an empty file", " ", []],
  ["an empty array", "[ ]", []],
  ["a byte order mark", "\ufeff[1,2]", ["1", "2"]],
  [
    "strings with brackets, commas and quotes",
    String.raw`["],\"[{",{"a":"}"}]`,
    [String.raw`"],\"[{"`, '{"a":"}"}'],
  ],
  ["a bracket too many", '[{"a":1}},{"b":2}]', ['{"a":1}}', '{"b":2}']],
  ["an unclosed bracket", '[{"a":[},{"b":2}]', ['{"a":[}', '{"b":2}']],
  ["an unclosed element", '[{"a":1, {"b":2}]', ['{"a":1, ', '{"b":2}']],
  ["a bracket of another kind", '[{"a":]},{"b":2}]', ['{"a":]}', '{"b":2}']],
  ["an end in the middle", "[1,{", ["1", "{"]],
  ["an element that is too long", `[1,"${"x".repeat(50)}",2]`, ["1", null, "2"]],
])("%s", (_, json, texts) => {
  expect(elementsOf(json, [3, 3, 3, 3], 40)).toEqual(texts);
});
