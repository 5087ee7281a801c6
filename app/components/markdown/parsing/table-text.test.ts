import { expect, test } from "vitest";
import { toCsv, toMarkdown } from "./table-text";

test("fields with separators, quotes and line ends are quoted in CSV", () => {
  expect(
    toCsv([
      ["a", "b, c"],
      ['say "hi"', "x\ny"],
    ]),
  ).toBe('a,"b, c"\r\n"say ""hi""","x\ny"\r\n');
});

test.each([
  ["=1+1", "'=1+1"],
  ['=HYPERLINK("https://a.example")', `"'=HYPERLINK(""https://a.example"")"`],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["+cmd|x", "'+cmd|x"],
  ["-2+3", "'-2+3"],
  ["-5", "-5"],
  ["+1.5 %", "+1.5 %"],
  ["-1 234 €", "-1 234 €"],
])("a spreadsheet runs no formula, and keeps numbers: %s", (text, field) => {
  expect(toCsv([[text]])).toBe(`${field}\r\n`);
});

test("bars and line ends in cells stay in their cells in Markdown", () => {
  expect(
    toMarkdown([
      ["a", "b"],
      ["x|y", "1\n2"],
    ]),
  ).toBe("| a | b |\n| --- | --- |\n| x\\|y | 1<br>2 |\n");
});
