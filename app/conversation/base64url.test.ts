import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "./base64url";

test("bytes come back as they were, in the letters that Node uses too", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    }),
  );
});

test("as many bytes as a hand-off may have are no trouble", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
});

test.each(["a", "ab=", "a+/b", "ä", "ab cd"])("%j is refused", (text) => {
  expect(() => fromBase64Url(text)).toThrow(SyntaxError);
});
