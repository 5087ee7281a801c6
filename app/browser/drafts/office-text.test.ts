import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import { docxFile, paragraph, pptxFile, xlsxFile, zip } from "../../../tests/fixtures/office-files";
import { officeText } from "./office-text.client";

test("a text document becomes HTML, with its tables and without deleted words", async () => {
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
  const deleted = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>";
  const table = `<w:tbl><w:tr>${cell("a")}${cell("b")}</w:tr></w:tbl>`;
  const text = await officeText("docx", docxFile(paragraph("Tea &amp; milk") + deleted + table));
  expect(text.replace(/\s/g, "")).toBe(
    "<p>Tea&amp;milk</p><table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>",
  );
});

test("a spreadsheet becomes CSV, with days as days", async () => {
  const row =
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>36</v></c><c r="D1" s="1"><v>45000</v></c></row>';
  expect(await officeText("xlsx", xlsxFile(row))).toBe('# People\n\n"name, first",36,,2023-03-15');
});

test("a presentation becomes the text of its slides, in the order in which they are shown", async () => {
  expect(await officeText("pptx", pptxFile("One &lt;", "Two"))).toBe("# 1\nOne <\n\n# 2\nTwo");
});

test.each([
  ["no archive", new Uint8Array([1, 2, 3])],
  ["an archive of something else", zip({ "a.xml": "<a/>" })],
  [
    "too many parts",
    zip(Object.fromEntries(Array.from({ length: 5_001 }, (_, n) => [`${String(n)}.xml`, ""]))),
  ],
  ["more XML than a document has", zipSync({ "word/document.xml": new Uint8Array(60_000_001) })],
])("%s is refused", async (_, bytes) => {
  for (const kind of ["docx", "pptx"] as const) await expect(officeText(kind, bytes)).rejects.toThrow();
});

test("a part that inflates to more than it announces is cut at that", async () => {
  const bytes = zipSync({ "ppt/presentation.xml": strToU8("x".repeat(10_000_000)) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length - 4; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 100, true);
  }
  await expect(officeText("pptx", bytes)).rejects.toThrow();
});

test("a document with entities of its own, which could name a file or grow without end, is refused", async () => {
  const declared = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "lol">]>';
  await expect(officeText("docx", docxFile(paragraph("a&x;&y;b"), declared))).rejects.toThrow();
  await expect(officeText("pptx", pptxFile("a&y;b"))).rejects.toThrow();
});
