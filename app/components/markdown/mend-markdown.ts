/**
 * Completes the end of a block that is still growing, so that its marks are not shown as characters first and
 * jump when the rest arrives: bold words, code, links, tags, the head of a table, and marks at the beginning of a line
 * whose meaning is still open. In a text that was cut and no longer grows, a number at the end is kept.
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

/** Length above which a line is not completed: the search at each word would take longer and longer. */
const MAX_LINE_LENGTH = 5_000;

/** A line of marks whose meaning depends on the next characters. Three dashes are a rule. */
function isUndecided(line: string, above: string, isGrowing: boolean): boolean {
  const text = line.trim();
  // Below a line of text they would turn it into a heading.
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
  // A star between spaces is a bullet or a product; a star in code is code.
  const marks = text.replace(/`[^`]*`/g, "").replace(/(^|\s)\*(?=\s)/g, "$1");
  if (count(marks, /\*\*/g) % 2 === 1) return close(text.replace(/([^*])\*$/, "$1"), "**");
  if (count(marks.replace(/\*\*/g, ""), /\*/g) % 2 === 1) return close(text, "*");
  if (count(marks, /(?<![\p{L}\p{N}_])__(?=\S)/gu) > count(marks, /(?<=\S)__(?![\p{L}\p{N}_])/gu))
    return close(text, "__");
  if (count(marks, /~~/g) % 2 === 1) return close(text, "~~");
  return text;
}

/** Removes an opening mark at the very end, and closes other open marks. */
function close(text: string, mark: string): string {
  const end = text.trimEnd();
  return end.endsWith(mark) ? end.slice(0, -mark.length) : `${end}${mark}`;
}

function isRow(line: string): boolean {
  return /^\s*\|/.test(line);
}

/** The delimiter row that makes the row above it the head of a table. */
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
