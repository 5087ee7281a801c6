import { expect, test } from "vitest";
import { GIF, JPEG, PDF, pngFile, WEBP } from "../../../tests/fixtures/sample-files";
import { createFormDetector } from "./attachment-form";

async function formOf(bytes: Uint8Array, pieceSize = 3): Promise<string | null> {
  const detector = createFormDetector();
  for (let at = 0; at < bytes.length; at += pieceSize) detector.add(bytes.subarray(at, at + pieceSize));
  return detector.form();
}

const text = (words: string) => Buffer.from(words, "utf8");

test.each([
  ["a PNG", pngFile(20, 20), "png"],
  ["a JPEG", JPEG, "jpg"],
  ["a GIF", GIF, "gif"],
  ["a WebP", WEBP, "webp"],
  ["a PDF that is all ASCII", PDF, "pdf"],
  ["a PDF with bytes in it", Buffer.concat([PDF, Buffer.from([0, 0xff])]), "pdf"],
  ["a text", text("Grüße an alle 👋"), "txt"],
  ["a text with a byte order mark", text("\ufeffname,age"), "txt"],
  ["a text that begins like a GIF", text("GIFs are pictures."), "txt"],
  ["a text that begins like a bitmap", text("BMW,7\n"), "txt"],
  ["a page, which is text here", text("<!doctype html><script>alert(1)</script>"), "txt"],
  ["a vector image, which is text here", text('<?xml version="1.0"?><svg onload="alert(1)"/>'), "txt"],
  ["a program", Buffer.from("7f454c460201010000000000", "hex"), null],
  ["an archive", Buffer.from("504b0304140000000800", "hex"), null],
  ["a bitmap", Buffer.from("424d3a000000000000003600000028000000", "hex"), null],
  ["text in another encoding", Buffer.from("Gr\xfc\xdfe", "latin1"), null],
  ["text with a NUL", text("a\0b"), null],
  ["text that is cut in a letter", text("ü").subarray(0, 1), null],
])("the form of %s is detected from its bytes, in pieces of any size", async (_, bytes, form) => {
  expect(await formOf(bytes)).toBe(form);
  expect(await formOf(bytes, 65_536)).toBe(form);
});
