/** The texts of the cells, with formulas as their source. */
export function rowsOf(table: HTMLTableElement): string[][] {
  return [...table.rows].map(({ cells }) => [...cells].map(textOf));
}

function textOf(cell: Element): string {
  const copy = cell.cloneNode(true) as Element;
  for (const formula of copy.querySelectorAll<HTMLElement>(".formula[data-source]")) {
    formula.textContent = formula.dataset.source ?? "";
  }
  for (const end of copy.querySelectorAll("br")) end.replaceWith("\n");
  for (const item of copy.querySelectorAll("li")) item.append("\n");
  for (const element of copy.querySelectorAll(".uncopied")) element.remove();
  return copy.textContent.trim();
}

/** As RFC 4180 says. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}

/**
 * A spreadsheet takes a field that begins with one of these for a formula, which may send the sheet to an address that a
 * model was made to write. An apostrophe before it makes it text, as OWASP advises. Signed numbers stay numbers.
 */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?[\d\s.,'’]+\s*[%\p{Sc}]?$/u;

function csvField(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",;\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toMarkdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");
  return [head.map(cell), head.map(() => "---"), ...rows.map((row) => row.map(cell))].map(line).join("");
}
