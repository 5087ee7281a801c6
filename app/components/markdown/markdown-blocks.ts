import { safeUrl } from "./link-target";
import { lineOfMathEnd } from "./math-delimiters";

export type MarkdownBlock = {
  markdown: string;
  /** The link definitions that the block uses, from anywhere in the text, one per line. */
  definitions: string;
};

/**
 * Cuts Markdown into its top-level blocks, so that only the last block of a growing text is parsed again. It cuts only
 * where the meaning cannot change; two blocks in one piece are merely slower.
 */
export function markdownBlocks(markdown: string): MarkdownBlock[] {
  const blocks: string[] = [];
  const definitions = new Map<string, string>();
  const lines = markdown.split("\n");
  let block: string[] = [];
  /** The block is a list if its first line that is not blank is an item. */
  let inList: boolean | null = null;
  let fence: string | null = null;
  let afterBlank = true;

  function cut() {
    if (inList !== null) blocks.push(block.join("\n"));
    block = [];
    inList = null;
  }

  function push(line: string) {
    block.push(line);
    if (inList === null && line.trim() !== "") inList = LIST_ITEM.test(line);
  }

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (fence !== null) {
      push(line);
      if (closes(line, fence)) {
        fence = null;
        if (!inList) cut();
      }
      afterBlank = false;
      continue;
    }
    if (line.trim() === "") {
      push(line);
      afterBlank = true;
      continue;
    }
    const defined: string | null = afterBlank ? definedLabel(line) : null;
    if (defined !== null && !definitions.has(defined)) definitions.set(defined, line);
    const opened = FENCE.exec(line)?.[1] ?? null;
    const mathEnd = opened === null ? lineOfMathEnd(lines, index) : null;
    const goesOn = inList && (/^\s/.test(line) || (afterBlank && LIST_ITEM.test(line)));
    const isIndented = /^(\t| {4})/.test(line);
    const opensBlock = !inList && (opened !== null || mathEnd !== null);
    if (!goesOn && !isIndented && (afterBlank || opensBlock)) cut();
    push(line);
    fence = opened;
    // Consecutive definitions.
    afterBlank = defined !== null;
    if (mathEnd !== null) {
      for (const other of lines.slice(index + 1, mathEnd + 1)) push(other);
      index = mathEnd;
      if (!inList) cut();
    }
  }
  cut();
  return withDefinitions(blocks, definitions);
}

const DEFINITION = /^ {0,3}\[(?!\^)([^\][\n]{1,999})\]:\s*(\S+)/;
const FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})/;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;

/** The label of a definition with a usable address. */
function definedLabel(line: string): string | null {
  const [, label, target = ""] = DEFINITION.exec(line) ?? [];
  return label !== undefined && safeUrl(target.replace(/^<|>$/g, "")) !== undefined ? keyOf(label) : null;
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0]!.repeat(text.length);
}

/** Definitions are added only to the blocks that use them: otherwise each one would change every block. */
function withDefinitions(
  blocks: readonly string[],
  definitions: ReadonlyMap<string, string>,
): MarkdownBlock[] {
  if (definitions.size === 0) return blocks.map((markdown) => ({ markdown, definitions: "" }));
  const used = blocks.map((block) => labelsIn(block, definitions));
  const usedAnywhere = new Set(used.flatMap((labels) => [...labels.references]));
  return blocks.map((markdown, index) => {
    const { references, defined } = used[index]!;
    const keys = new Set([...references, ...[...defined].filter((key) => usedAnywhere.has(key))]);
    return { markdown, definitions: [...keys].map((key) => definitions.get(key)!).join("\n") };
  });
}

type Labels = { references: ReadonlySet<string>; defined: ReadonlySet<string> };

/** The labels that a block refers to, outside code, and those that it defines. */
function labelsIn(block: string, definitions: ReadonlyMap<string, string>): Labels {
  const references = new Set<string>();
  const defined = new Set<string>();
  if (!block.includes("[") || /^\s*(`{3}|~{3})/.test(block)) return { references, defined };
  const text = block.replace(/(`+)[^`]+\1/g, "");
  for (const { 1: label = "", 2: after, index } of text.matchAll(/\[([^\][]{1,999})\](:?)/g)) {
    const key = keyOf(label);
    if (!definitions.has(key)) continue;
    const before = text.slice(Math.max(0, index - 4), index);
    (after !== "" && AT_LINE_START.test(before) ? defined : references).add(key);
  }
  return { references, defined };
}

const AT_LINE_START = /(?:^|\n) {0,3}$/;

/** A label in the form in which Markdown compares labels. */
function keyOf(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase();
}
