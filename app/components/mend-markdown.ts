/**
 * Completes the last line of a block that is still growing, so that its marks are not shown as characters first
 * and jump when their other half arrives: bold words, code, links, and a list's dash under a line of text, which
 * alone would make that line a heading.
 */
export function mendMarkdown(block: string): string {
  if (/^\s*(`{3,}|~{3,})/m.test(block)) return block;
  const start = block.lastIndexOf("\n") + 1;
  const before = block.slice(0, start);
  const line = block.slice(start);
  if (before.trim() !== "" && /^\s*(-+|=+)\s*$/.test(line)) return before.trimEnd();
  return before + mendLine(line);
}

function mendLine(line: string): string {
  if (count(line, /`/g) % 2 === 1) return line.endsWith("`") ? line.slice(0, -1) : `${line}\``;
  const mended = line.replace(/\[([^\]\n]+)\]\([^)\s]*$/, "$1");
  if (count(mended.replace(/`[^`]*`/g, ""), /\*\*/g) % 2 === 0) return mended;
  const opened = mended.trimEnd();
  return opened.endsWith("**") ? opened.slice(0, -2) : `${opened.replace(/\*$/, "").trimEnd()}**`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
