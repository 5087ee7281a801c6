import { hideMarks } from "./hidden-marks";
import { formulaEnd } from "./markdown-math";

/**
 * GFM ends a cell at each pipe, also in code and formulas. A row that has more cells than its table gets fewer by
 * keeping those together; in other rows each pipe ends a cell. The last row of a growing text may become such a row: the
 * code at its end is open.
 */
export function hidePipes(source: string, isGrowing: boolean): string {
  if (!/[`$\\]/.test(source) || !DELIMITER_ROW.test(source)) return source;
  let columns = 0;
  return source
    .split("\n")
    .map((line, index, lines) => {
      if (isDelimiterRow(line)) {
        columns = cellsIn(line);
        return line;
      }
      const next = lines[index + 1];
      if (next !== undefined && isDelimiterRow(next)) columns = cellsIn(next);
      if (!line.includes("|")) columns = 0;
      const isOpen = isGrowing && next === undefined;
      return columns > 0 && (isOpen || cellsIn(line) > columns) ? hideInRow(line, isOpen) : line;
    })
    .join("\n");
}

const DELIMITER_ROW = /^[ \t>]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/m;

function isDelimiterRow(line: string): boolean {
  return line.includes("|") && DELIMITER_ROW.test(line);
}

function cellsIn(line: string): number {
  return line
    .replace(/^[ \t>]*\|?/, "")
    .replace(/(?<!\\)\|[ \t]*$/, "")
    .split(/(?<!\\)\|/).length;
}

function hideInRow(line: string, isOpen: boolean): string {
  let row = "";
  for (let at = 0; at < line.length;) {
    const end = codeEnd(line, at, isOpen) ?? formulaEnd(line, at, false) ?? at + (line[at] === "\\" ? 2 : 1);
    const span = line.slice(at, end);
    row += span.length > 2 ? span.replace(/(?<!\\)\|/g, hideMarks) : span;
    at = end;
  }
  return row;
}

function codeEnd(line: string, at: number, isOpen: boolean): number | null {
  const marks = /^`+/.exec(line.slice(at, at + 20))?.[0];
  if (marks === undefined) return null;
  for (const run of line.slice(at + marks.length).matchAll(/`+/g)) {
    if (run[0].length === marks.length) return at + marks.length + run.index + marks.length;
  }
  return isOpen ? line.length : at + marks.length;
}
