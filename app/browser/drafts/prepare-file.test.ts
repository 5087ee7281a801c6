import { expect, test, vi } from "vitest";
import { prepareFile } from "./prepare-file";

const redraw = vi.fn(async (_: Blob): Promise<Blob | null> => new Blob(["drawn"], { type: "image/jpeg" }));
const convert = vi.fn(async (_: Blob, kind: string): Promise<string | null> => `text of ${kind}`);
const prepare = (file: File) => prepareFile(file, { maxBytes: 4_500_000, redraw, convert });
const file = (content: BlobPart, name: string, type = "") => new File([content], name, { type });

test.each([
  ["a PNG", file("x", "a.png", "image/png"), "image"],
  ["a PDF", file("x", "a.pdf", "application/pdf"), "document"],
  ["a text whose type the browser does not know", file("fn main() {}", "main.rs"), "document"],
  ["a table that another program claims", file("a,b", "a.csv", "application/vnd.ms-excel"), "document"],
  ["a vector image, which is text", file("<svg/>", "a.svg", "image/svg+xml"), "document"],
])("%s is uploaded unchanged", async (_, given, kind) => {
  expect(await prepare(given)).toEqual({ kind, filename: given.name, blob: given });
  expect(redraw).not.toHaveBeenCalled();
});

test("an image that is too large, or in a format that models do not accept, is drawn again", async () => {
  for (const image of [
    file(new Uint8Array(3_750_001), "photo.of.me.png", "image/png"),
    file("x", "photo.of.me.heic", "image/heic"),
  ]) {
    expect(await prepare(image)).toMatchObject({ kind: "image", filename: "photo.of.me.jpg" });
  }
});

test.each([
  ["is empty", file("", "a.txt"), "file_empty"],
  ["is too large", file(new Uint8Array(4_500_001).fill(97), "a.txt"), "file_too_large"],
  ["is a program", file(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0]), "a.out"), "file_type"],
])("a file that %s is refused with a sentence", async (_, given, code) => {
  expect(await prepare(given)).toMatchObject({ filename: given.name, error: { code } });
});

test("text in another encoding is converted to UTF-8", async () => {
  const text = `${"a".repeat(100_000)} Grüße`;
  const prepared = await prepare(file(new Uint8Array(Buffer.from(text, "latin1")), "a.txt"));
  expect("blob" in prepared && (await prepared.blob.text())).toBe(text);
});

test("an image that the browser cannot draw is refused", async () => {
  redraw.mockResolvedValueOnce(null);
  expect(await prepare(file("x", "a.tiff", "image/tiff"))).toMatchObject({ error: { code: "file_type" } });
});

test("a name that is too long keeps its extension", async () => {
  const prepared = await prepare(file("x", `${"n".repeat(300)}.csv`));
  expect(prepared.filename).toHaveLength(200);
  expect(prepared.filename).toMatch(/n\.csv$/);
});

test.each([
  ["Report.DOCX", "Report.DOCX.html", "docx"],
  ["sums.xlsx", "sums.xlsx.txt", "xlsx"],
  ["talk.pptx", "talk.pptx.txt", "pptx"],
])("%s is uploaded as its text, under the name %s", async (name, filename, kind) => {
  const prepared = await prepare(file("PK", name));
  expect(prepared).toMatchObject({ kind: "document", filename });
  expect("blob" in prepared && (await prepared.blob.text())).toBe(`text of ${kind}`);
});

test("an Office document without text, or that cannot be read, is refused with a sentence", async () => {
  for (const text of [null, " \n"]) {
    convert.mockResolvedValueOnce(text);
    expect(await prepare(file("PK", "a.docx"))).toMatchObject({ error: { code: "file_no_text" } });
  }
});
