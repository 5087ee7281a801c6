/**
 * Bounds of the Markdown that is parsed. They depend only on the source, and are checked before parsing in linear time.
 * A model in a repetition loop can write text that costs a parser quadratic time or one stack frame per level, and a
 * page that cannot be rendered would lock a person out of the conversation.
 */

/** UTF-16 units of a text outside fences, which have their own bounds. */
export const MAX_TEXT_LENGTH = 400_000;
export const MAX_PARSED_BLOCKS = 1_500;
/** Number of blocks, fences included. */
export const MAX_BLOCKS = 3_000;
/** Sum over all blocks of the square of their number of marks, which is the cost of pairing them. */
const MAX_TEXT_COMPARISONS = 24_000_000;
/** UTF-16 units of a block without a blank line at its top level, such as a long list or table. */
const MAX_BLOCK_LENGTH = 60_000;
const MAX_BLOCK_LINES = 1_500;
const MAX_BLOCK_MARKS = 4_000;
/** Marks of one kind in a paragraph, an item or a row. Unpaired marks are compared with each other. */
const MAX_MARKS = 800;
/** Nesting depth of quotes and lists. Deeper ones are unreadable on any screen. */
export const MAX_DEPTH = 24;
/** Marks of quotes and lists at the beginnings of all lines of a block. */
const MAX_BLOCK_DEPTHS = 4_000;
/** Columns before a list's mark: each level of a nested list is indented by two or more. */
const MAX_INDENT = 60;
/** Cells of a table, counted with each row as long as the longest. */
const MAX_CELLS = 8_000;

/** Whether a text has too many or too expensive blocks to be rendered as Markdown. `marks` is 0 for blocks that are not parsed. */
export function isTextBeyondBounds(
  blocks: readonly { source: string; kind: string; marks: number }[],
): boolean {
  const parsed = blocks.filter(({ kind }) => kind !== "fence");
  if (parsed.length > MAX_PARSED_BLOCKS || blocks.length > MAX_BLOCKS) return true;
  if (sum(parsed.map(({ source }) => source.length)) > MAX_TEXT_LENGTH) return true;
  return sum(parsed.map(({ marks }) => marks ** 2)) > MAX_TEXT_COMPARISONS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function marksIn(block: string): number {
  return block.match(MARKS)?.length ?? 0;
}

/**
 * Whether a text has a line that is too deeply nested or has too many cells, or too many lines without a blank one, for
 * a parser to find its blocks.
 */
export function isHostile(text: string): boolean {
  let lines = 0;
  let length = 0;
  return text.split("\n").some((line) => {
    const { depth, indent } = containersOf(line);
    if (depth > MAX_DEPTH && !RULE.test(line)) return true;
    if ((depth > 0 && indent > MAX_INDENT) || line.split("|", MAX_CELLS + 1).length > MAX_CELLS) return true;
    const isBlank = line.trim() === "";
    lines = isBlank ? 0 : lines + 1;
    length = isBlank ? 0 : length + line.length + 1;
    return lines > MAX_BLOCK_LINES || length > MAX_BLOCK_LENGTH;
  });
}

/** Whether a text has too many parts between blank lines to be parsed at once, which takes the square of their number. */
export function hasTooManyParagraphs(text: string): boolean {
  return text.split(/\n(?:[ \t]*\n)+/, MAX_BLOCK_LINES + 1).length > MAX_BLOCK_LINES;
}

/** Whether a block is too long, too deeply nested or too full of marks to be parsed. */
export function isBlockBeyondBounds(block: string): boolean {
  return block.length > MAX_BLOCK_LENGTH || hasTooManyMarks(block) || isTooDeepOrWide(block);
}

/** Marks that a parser pairs, or at which it begins to read an address. */
const MARKS = /[*_~`[\]<$\\&@:]/g;

function hasTooManyMarks(block: string): boolean {
  let total = 0;
  let counts = new Map<string, number>();
  let isTable = false;
  for (const line of block.split("\n")) {
    isTable ||= DELIMITER_ROW.test(line);
    if (ITEM.test(line) || (isTable && ROW.test(line))) counts = new Map();
    if (RULE.test(line)) continue;
    for (const [kind] of line.matchAll(MARKS)) {
      const count = (counts.get(kind) ?? 0) + 1;
      total += 1;
      if (count > MAX_MARKS || total > MAX_BLOCK_MARKS) return true;
      counts.set(kind, count);
    }
  }
  return false;
}

/** Matches a line that begins a new paragraph. */
const ITEM = /^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]/;
const ROW = /\|/;
const DELIMITER_ROW = /^[ \t>]*\|[ \t:|-]*-[ \t:|-]*$/;

function isTooDeepOrWide(block: string): boolean {
  let fence: string | null = null;
  let depths = 0;
  let mostCells = 0;
  const lines = block.split("\n");
  if (lines.length > MAX_BLOCK_LINES) return true;
  for (const line of lines) {
    const { depth, indent, rest } = containersOf(line);
    const marks = /^(?:`{3,}|~{3,})/.exec(rest)?.[0];
    if (fence !== null) {
      if (marks?.startsWith(fence)) fence = null;
      continue;
    }
    depths += depth;
    if ((depth > MAX_DEPTH || depths > MAX_BLOCK_DEPTHS) && !RULE.test(line)) return true;
    if (depth > 0 && indent > MAX_INDENT) return true;
    if (ROW.test(line)) mostCells = Math.max(mostCells, line.split("|", MAX_CELLS).length);
    if (mostCells * lines.length > MAX_CELLS) return true;
    if (marks !== undefined) fence = marks;
  }
  return false;
}

const RULE = /^[ \t]*([-*_])(?:[ \t]*\1)+[ \t]*$/;
const CONTAINER = /[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)|\[\^[^\s[\]]+\]:)/y;

/** The number of quotes, lists and footnotes that a line opens or continues, the columns before the first mark, and the rest. */
function containersOf(line: string): { depth: number; indent: number; rest: string } {
  let depth = 0;
  let end = 0;
  let indent = 0;
  CONTAINER.lastIndex = 0;
  for (let match = CONTAINER.exec(line); match; match = CONTAINER.exec(line)) {
    if (depth === 0) indent = match[0].length - match[0].trimStart().length;
    depth += 1;
    end = CONTAINER.lastIndex;
  }
  return { depth, indent, rest: line.slice(end).trimStart() };
}
