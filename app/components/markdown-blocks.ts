import { lineOfMathEnd } from "./math-delimiters";

/**
 * Cuts Markdown into its top-level blocks, so that while a text grows only its last block is parsed again. A cut
 * is made only where it cannot change the meaning; two blocks in one piece are merely slower. Where a block uses
 * a link that is defined elsewhere, the definition is put before it.
 */
export function markdownBlocks(markdown: string): string[] {
  const blocks: string[] = [];
  const definitions = new Map<string, string>();
  const lines = markdown.split("\n");
  let block: string[] = [];
  let fence: string | null = null;
  let afterBlank = true;

  function cut() {
    if (block.some((line) => line.trim() !== "")) blocks.push(block.join("\n"));
    block = [];
  }

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (fence !== null) {
      block.push(line);
      if (closes(line, fence)) {
        fence = null;
        if (!isInList(block)) cut();
      }
      afterBlank = false;
      continue;
    }
    if (line.trim() === "") {
      block.push(line);
      afterBlank = true;
      continue;
    }
    const label: string | undefined = afterBlank ? DEFINITION.exec(line)?.[1] : undefined;
    if (label !== undefined && !definitions.has(keyOf(label))) definitions.set(keyOf(label), line);
    const opened = FENCE.exec(line)?.[1] ?? null;
    const mathEnd = opened === null ? lineOfMathEnd(lines, index) : null;
    const inList = isInList(block);
    const goesOn = inList && (/^\s/.test(line) || (afterBlank && LIST_ITEM.test(line)));
    const isIndented = /^(\t| {4})/.test(line);
    const opensBlock = !inList && (opened !== null || mathEnd !== null);
    if (!goesOn && !isIndented && (afterBlank || opensBlock)) cut();
    block.push(line);
    fence = opened;
    // Definitions may follow each other.
    afterBlank = label !== undefined;
    if (mathEnd !== null) {
      block.push(...lines.slice(index + 1, mathEnd + 1));
      index = mathEnd;
      if (!isInList(block)) cut();
    }
  }
  cut();
  return definitions.size === 0 ? blocks : blocks.map((each) => withDefinitions(each, definitions));
}

const DEFINITION = /^ {0,3}\[(?!\^)([^\]\n]+)\]:\s*\S/;
const FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})/;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;

function isInList(block: readonly string[]): boolean {
  return LIST_ITEM.test(block.find((line) => line.trim() !== "") ?? "");
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]!.repeat(text.length);
}

/** In front, where they cannot become part of a list or of code. Only what is used: else every block would change. */
function withDefinitions(block: string, definitions: ReadonlyMap<string, string>): string {
  if (!block.includes("[") || /^\s*(`{3}|~{3})/.test(block)) return block;
  const text = keyOf(block);
  const used = [...definitions].filter(([key]) => text.includes(`[${key}]`)).map(([, line]) => line);
  return used.length === 0 ? block : `${used.join("\n")}\n\n${block.replace(/^\n+/, "")}`;
}

/** As Markdown compares labels. */
function keyOf(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase();
}
