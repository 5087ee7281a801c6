/**
 * Completes the end of a block that is still growing, so that its marks are not shown as characters first and
 * jump when the rest arrives: bold words, code, links, tags, the head of a table, and marks at the beginning of a line
 * that could become anything yet. What was cut and grows no more keeps its numbers.
 */
export function mendMarkdown(block: string, isGrowing = true): string {
  if (/^[ \t]*(`{3,}|~{3,})/m.test(block)) return block;
  const lines = block.split("\n");
  const line = lines.pop()!;
  if (line.length > MAX_LINE_LENGTH) return block;
  const above = lines.at(-1) ?? "";
  if (isRow(line) && !isRow(above)) return `${block}\n${delimiterRow(line)}`;
  if (isRow(above) && !isRow(lines.at(-2) ?? "") && /^\s*\|?[\s|:-]*$/.test(line)) {
    return [...lines, delimiterRow(above)].join("\n");
  }
  if (isRow(above) ? line.trim() === "" : isUndecided(line, above, isGrowing)) return lines.join("\n");
  return [...lines, mendLine(line)].join("\n");
}

/** Marks of a longer line are shown as they are: to search them all at each word would cost more and more. */
const MAX_LINE_LENGTH = 5_000;

/** Nothing but marks that the next characters decide about. A rule of three dashes is decided. */
function isUndecided(line: string, above: string, isGrowing: boolean): boolean {
  const text = line.trim();
  // Under a line of text they would make a heading of it.
  if (above.trim() !== "" && /^(-+|=+)$/.test(text)) return true;
  return (
    /^([-+>#]|--|`{1,2}|~{1,2})$/.test(text) || (isGrowing && above !== "" && /^\d{1,3}[.)]?$/.test(text))
  );
}

function mendLine(whole: string): string {
  const line = whole
    .replace(/^(\s*(?:[-*+]|\d{1,9}[.)])\s+)\[[ xX]?\]?$/, "$1")
    .replace(/!(\[[^\]\n]*(\](\([^)\s]*)?)?)?$/, "")
    .replace(/<(https?:[^>\s]*)$/, "$1");
  if (count(line, /`/g) % 2 === 1) return line.endsWith("`") ? line.slice(0, -1) : `${line}\``;
  const text = line
    .replace(/\[([^\]\n]+)\]\([^)\s]*$/, "$1")
    .replace(/(^|[^\\!\]])\[(?![\^ xX]?\])([^\]\n]*)\]?$/, "$1$2")
    .replace(/<(su[bp]|kbd)>([^<>`]*)(?:<\/?[a-z]*)?$/, (_, tag: string, content: string) =>
      content === "" ? "" : `<${tag}>${content}</${tag}>`,
    )
    .replace(/<(?:s(?:u[bp]?)?|k(?:bd?)?)?$/, "");
  // A star between spaces is a bullet or a product, and one in code is code.
  const marks = text.replace(/`[^`]*`/g, "").replace(/(^|\s)\*(?=\s)/g, "$1");
  if (count(marks, /\*\*/g) % 2 === 1) return close(text.replace(/([^*])\*$/, "$1"), "**");
  if (count(marks.replace(/\*\*/g, ""), /\*/g) % 2 === 1) return close(text, "*");
  if (count(marks, /(?<![\p{L}\p{N}_])__(?=\S)/gu) > count(marks, /(?<=\S)__(?![\p{L}\p{N}_])/gu))
    return close(text, "__");
  if (count(marks, /~~/g) % 2 === 1) return close(text, "~~");
  return text;
}

/** A mark that was opened last, with nothing after it yet, is not shown; any other is closed. */
function close(text: string, mark: string): string {
  const end = text.trimEnd();
  return end.endsWith(mark) ? end.slice(0, -mark.length) : `${end}${mark}`;
}

function isRow(line: string): boolean {
  return /^\s*\|/.test(line);
}

/** What makes the row above it the head of a table: as many cells as that has. */
function delimiterRow(head: string): string {
  const cells = head
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|");
  return `|${cells.map(() => " --- |").join("")}`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
