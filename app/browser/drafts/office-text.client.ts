import { DOMParser } from "@xmldom/xmldom";
import { strFromU8, unzipSync, zipSync, type Unzipped } from "fflate";
import mammoth from "mammoth/mammoth.browser.min.js";
import readXlsxFile from "read-excel-file/universal";
import type { OfficeKind } from "./convert-office";

/** Bytes of all XML of a document: many times what an ordinary one has. */
const MAX_XML_BYTES = 60_000_000;
const MAX_ENTRIES = 5_000;

/**
 * The text of an Office document: HTML of a text, CSV of each sheet, the paragraphs of each slide. Only the XML in it is
 * read; macros, pictures and embedded files never are, and no parser here follows external references.
 * @throws Error where it is not such a document, or too large
 */
export async function officeText(kind: OfficeKind, bytes: Uint8Array): Promise<string> {
  const files = xmlFiles(bytes);
  if (kind === "pptx") return slidesText(files);
  // Packed again, so that the libraries can inflate no more than this.
  const packed = zipSync(files, { level: 0 }).slice().buffer;
  return kind === "docx" ? documentText(packed) : sheetsText(packed);
}

/** The XML files. Their buffers have the announced sizes, so a file that inflates to more is cut. */
function xmlFiles(bytes: Uint8Array): Unzipped {
  let size = 0;
  let entries = 0;
  return unzipSync(bytes, {
    filter({ name, originalSize }) {
      if ((entries += 1) > MAX_ENTRIES) throw new Error("The document has too many parts.");
      if (!/\.(xml|rels)$/i.test(name)) return false;
      if ((size += originalSize) > MAX_XML_BYTES) throw new Error("The document is too large.");
      return true;
    },
  });
}

async function documentText(arrayBuffer: ArrayBuffer): Promise<string> {
  const image = mammoth.images.imgElement(() => Promise.resolve({ src: "" }));
  const { value } = await mammoth.convertToHtml({ arrayBuffer }, { convertImage: image });
  return value.replace(/<img\b[^>]*>/g, "").replace(/(<\/(?:p|h\d|li|tr|table|[ou]l)>)(?=<)/g, "$1\n");
}

async function sheetsText(packed: ArrayBuffer): Promise<string> {
  const sheets = await readXlsxFile(packed);
  return sheets.map(({ sheet, data }) => `# ${sheet}\n\n${data.map(csvLine).join("\n")}`).join("\n\n");
}

function csvLine(cells: readonly unknown[]): string {
  const texts = cells.map((cell) => {
    const text =
      cell instanceof Date ? cell.toISOString().replace(/T00:00:00\.000Z$/, "") : String(cell ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return texts.join(",").replace(/,+$/, "");
}

const A = "http://schemas.openxmlformats.org/drawingml/2006/main";

function slidesText(files: Unzipped): string {
  return slideNames(files)
    .map((name, index) => {
      const paragraphs = [...elements(files, name, A, "p")].map(paragraphText).filter((text) => text !== "");
      return [`# ${String(index + 1)}`, ...paragraphs].join("\n");
    })
    .join("\n\n");
}

/** The slides in their order, which the presentation gives by the ids of relationships. */
function slideNames(files: Unzipped): string[] {
  const targets = new Map(
    [...elements(files, "ppt/_rels/presentation.xml.rels", "*", "Relationship")].map((each) => [
      each.getAttribute("Id"),
      `ppt/${each.getAttribute("Target") ?? ""}`.replace("ppt//", ""),
    ]),
  );
  const slides = [...elements(files, "ppt/presentation.xml", "*", "sldId")];
  const names = slides.flatMap((slide) => targets.get(slide.getAttribute("r:id")) ?? []);
  return names.filter((name) => files[name] !== undefined);
}

function paragraphText(paragraph: Element): string {
  return [...iterate(paragraph.getElementsByTagNameNS(A, "t"))].map((run) => run.textContent).join("");
}

function elements(files: Unzipped, name: string, namespace: string, tag: string): Iterable<Element> {
  const file = files[name];
  if (!file) throw new Error("The document lacks a part.");
  const xml = new DOMParser({ errorHandler: { warning: () => undefined, error: fail, fatalError: fail } });
  return iterate(xml.parseFromString(strFromU8(file), "text/xml").getElementsByTagNameNS(namespace, tag));
}

function* iterate(list: HTMLCollectionOf<Element>): Iterable<Element> {
  for (let index = 0; index < list.length; index++) yield list.item(index)!;
}

function fail(): never {
  throw new Error("The document is not well-formed.");
}
