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
  [
    "Chinese",
    ["zh-CN", "en"],
    "b6a9b5a5bac52cbdf0b6ee0a313030312c33352e35d4aa0a",
    "订单号,金额\n1001,35.5元\n",
  ],
  ["Chinese of Taiwan", ["zh-TW", "en"], "b0d3ab7e2cbbf9aee60aaff92c313030a4b80a", "商品,價格\n茶,100元\n"],
  ["Czech", ["cs", "en-US"], "4a6de96e6f3b4dec73746f0a4a69f8ed3b506c7a65f20a", "Jméno;Město\nJiří;Plzeň\n"],
  [
    "Turkish",
    ["tr", "en"],
    "dd73696d3bde656869720adefc6b72fc3bdd7374616e62756c0a",
    "İsim;Şehir\nŞükrü;İstanbul\n",
  ],
])("a short text is decoded for a reader of %s who also reads English", (_, languages, hex, expected) => {
  expect(decodeText(bytesOf(hex), languages)).toBe(expected);
});

test("a text whose words have no plain Latin letter is not read as Western European", () => {
  const hex = "c8ecff3bc3eef0eee40ac8e2e0ed3bcceef1eae2e00acce0f0e8ff3bcfe5f2e5f0e1f3f0e30a";
  expect(decodeText(bytesOf(hex), ["en-US"])).toBe("Имя;Город\nИван;Москва\nМария;Петербург\n");
});

test.each([
  ["a picture", new Uint8Array(readFileSync("public/icon-192.png"))],
  ["an icon", new Uint8Array(readFileSync("public/favicon.ico"))],
  ["a program", bytesOf("7f454c4602010100000000000000000003003e0001000000")],
  ["compressed data", bytesOf("1f8b0800000000000003cb48cdc9c957c840900000ffff")],
])("%s is no text", (_, bytes) => {
  expect(decodeText(bytes, ["en"])).toBeNull();
});
