/**
 * Cuts Markdown into its top-level blocks, so that while a text grows only its last block is parsed again. A cut
 * is made only where it cannot change the meaning; two blocks in one piece are merely slower.
 */
export function markdownBlocks(markdown: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | null = null;
  let afterBlank = false;

  function cut() {
    if (block.some((line) => line.trim() !== "")) blocks.push(block.join("\n"));
    block = [];
  }

  for (const line of markdown.split("\n")) {
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
    // A definition may be used in any block, before or after it.
    if (DEFINITION.test(line)) return [markdown];
    const opened = FENCE.exec(line)?.[1] ?? null;
    const goesOn = isInList(block) && (/^\s/.test(line) || (afterBlank && LIST_ITEM.test(line)));
    const isIndented = /^(\t| {4})/.test(line);
    if (!goesOn && !isIndented && (afterBlank || (opened !== null && !isInList(block)))) cut();
    block.push(line);
    fence = opened;
    afterBlank = false;
  }
  cut();
  return blocks;
}

const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/;
const FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})/;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;

function isInList(block: readonly string[]): boolean {
  return LIST_ITEM.test(block.find((line) => line.trim() !== "") ?? "");
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]!.repeat(text.length);
}
