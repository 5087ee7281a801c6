/**
 * Completes the end of a block that is still growing, so that its marks are not shown as characters first and
 * jump when the rest arrives: bold words, code, links, the head of a table, and a list's dash under a line of
 * text, which alone would make that line a heading.
 */
export function mendMarkdown(block: string): string {
  if (/^\s*(`{3,}|~{3,})/m.test(block)) return block;
  const lines = block.split("\n");
  const line = lines.pop()!;
  const above = lines.at(-1) ?? "";
  if (above.trim() !== "" && /^\s*(-+|=+)\s*$/.test(line)) return lines.join("\n");
  if (isRow(line) && !isRow(above)) return `${block}\n${delimiterRow(line)}`;
  if (isRow(above) && !isRow(lines.at(-2) ?? "") && /^\s*\|?[\s|:-]*$/.test(line)) {
    return [...lines, delimiterRow(above)].join("\n");
  }
  return [...lines, mendLine(line)].join("\n");
}

function mendLine(line: string): string {
  if (count(line, /`/g) % 2 === 1) return line.endsWith("`") ? line.slice(0, -1) : `${line}\``;
  const text = line.replace(/\[([^\]\n]+)\]\([^)\s]*$/, "$1");
  // A star between spaces is a bullet or a product, and one in code is code.
  const stars = text.replace(/`[^`]*`/g, "").replace(/(^|\s)\*(?=\s)/g, "$1");
  if (count(stars, /\*\*/g) % 2 === 1) return close(text.replace(/([^*])\*$/, "$1"), "**");
  if (count(stars.replace(/\*\*/g, ""), /\*/g) % 2 === 1) return close(text, "*");
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
