import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "./base64url";

test("encoded bytes decode to the same, in the alphabet that Node uses", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    }),
  );
});

test("bytes of the maximum size of a hand-off are encoded and decoded", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
});

test.each(["a", "ab=", "a+/b", "ä", "ab cd"])("text that is not base64url is refused: %j", (text) => {
  expect(() => fromBase64Url(text)).toThrow(SyntaxError);
});
