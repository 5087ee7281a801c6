import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeText } from "./decode-text.client";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const utf16 = (text: string, mark = "") => new Uint8Array(Buffer.from(mark + text, "utf16le"));
const swapped = (bytes: Uint8Array) => new Uint8Array(Buffer.from(bytes).swap16());
const TABLE = "Straße;Größe\nHauptstr. 1;5,00 €\n";

test.each([
  ["UTF-16 with its mark", utf16(TABLE, "\uFEFF"), TABLE],
  ["UTF-16 with its mark, high bytes first", swapped(utf16(TABLE, "\uFEFF")), TABLE],
  ["UTF-16 without a mark", utf16(TABLE), TABLE],
  ["UTF-16 without a mark, high bytes first", swapped(utf16("名前, 住所\n")), "名前, 住所\n"],
  ["Windows-1252", bytesOf("53747261df653b4772f6df650a48617570747374722e20313b352c303020800a"), TABLE],
  ["Windows-1252, in few letters", bytesOf("4772fcdf65"), "Grüße"],
  [
    "Big5",
    bytesOf("a96da6572ca661a77d0aa4fda470a9fa2ca578a55fa5abab48b871b0cf0a"),
    "姓名,地址\n王小明,台北市信義區\n",
  ],
  [
    "Windows-1251",
    bytesOf("cff0e8e2e5f22c20ece8f02e20ddf2ee20eee1fbf7edfbe920f0f3f1f1eae8e920f2e5eaf1f22e"),
    "Привет, мир. Это обычный русский текст.",
  ],
])("text in %s is decoded", (_, bytes, expected) => {
  expect(decodeText(bytes, ["en-US", "de"])).toBe(expected);
});

test("a short text is decoded as programs in the reader's language write it", () => {
  expect(decodeText(bytesOf("c8ecff3bc3eef0eee40a"), ["ru"])).toBe("Имя;Город\n");
  expect(decodeText(bytesOf("96bc914f2c8f5a8f8a0a8e52936391be98590a"), ["ja-JP"])).toBe(
    "名前,住所\n山田太郎\n",
  );
});

test.each([
  ["a picture", new Uint8Array(readFileSync("public/icon-192.png"))],
  ["an icon", new Uint8Array(readFileSync("public/favicon.ico"))],
  ["a program", bytesOf("7f454c4602010100000000000000000003003e0001000000")],
  ["compressed data", bytesOf("1f8b0800000000000003cb48cdc9c957c840900000ffff")],
])("%s is no text", (_, bytes) => {
  expect(decodeText(bytes, ["en"])).toBeNull();
});
