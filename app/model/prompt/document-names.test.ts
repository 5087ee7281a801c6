import { expect, test } from "vitest";
import { createDocumentNames } from "./document-names";

test("document names keep the characters that Bedrock allows and their extension, and are unique", () => {
  const nameOf = createDocumentNames();
  const names = [
    "report.pdf",
    "report.csv",
    "Report.md",
    "Müller & Söhne_v1.2  (final).pdf",
    "報告.pdf",
    "تقرير.txt",
    "no ending",
    ".profile",
    `${"x".repeat(150)}.md`,
  ].map(nameOf);
  expect(names).toEqual([
    "report.pdf",
    "report-2.csv",
    "Report-3.md",
    "Muller Sohne v1 2 (final).pdf",
    "document.pdf",
    "document-2.txt",
    "no ending",
    "document-3.profile",
    `${"x".repeat(100)}.md`,
  ]);
});
