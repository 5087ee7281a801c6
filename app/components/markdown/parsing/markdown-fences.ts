import { hideMarks } from "./hidden-marks";

export type Fence = {
  marks: string;
  info: string;
  /** Index of the line after the opening one. */ bodyStart: number;
};

const OPENING = /(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})([^\n]*)/y;

/** The fence that opens at `at`, the beginning of a line, without indentation. */
export function openedFence(text: string, at: number): Fence | null {
  OPENING.lastIndex = at;
  const [line, marks, info = ""] = OPENING.exec(text) ?? [];
  return line === undefined || marks === undefined
    ? null
    : { marks, info: info.trim(), bodyStart: Math.min(text.length, at + line.length + 1) };
}

/** Index of the end of the closing line of a fence; that of the text if it is not closed. */
export function fenceEnd(text: string, fence: Fence, isGrowing: boolean): number {
  if (!OF_MARKDOWN.test(fence.info)) return plainEnd(text, fence) ?? text.length;
  return nestedEnd(text, fence) ?? (isGrowing ? null : plainEnd(text, fence)) ?? text.length;
}

const OF_MARKDOWN = /^(?:markdown|md|mdx)\b/i;

function plainEnd(text: string, { marks, bodyStart }: Fence): number | null {
  const closing = closingLine(marks);
  closing.lastIndex = bodyStart;
  const match = closing.exec(text);
  return match ? match.index + match[0].length : null;
}

/** Matches the lines that end a fence. */
function closingLine(marks: string): RegExp {
  return new RegExp(`^ {0,3}${runOf(marks)}[ \\t]*$`, "gm");
}

/** A pattern of at least as many marks. */
function runOf(marks: string): string {
  return `${marks[0]}{${String(marks.length)},}`;
}

/** Marks of inner fences, more than any document has, so that a model in a loop costs no square of its fences. */
const MAX_INNER_MARKS = 400;

/**
 * Models write Markdown in a fence with fences of as many marks inside of it. A fence with a language opens an inner one, as
 * does one after a blank line or a colon that has text in the next line.
 */
function nestedEnd(text: string, { marks, bodyStart }: Fence): number | null {
  const fences = new RegExp(`^([ \\t]*)(${runOf(marks)})[ \\t]*([^\\n${marks[0]}]*)$`, "gm");
  fences.lastIndex = bodyStart;
  let inner: string | null = null;
  for (let count = 0; count < MAX_INNER_MARKS; count++) {
    const match = fences.exec(text);
    if (!match) return null;
    const [line, indent = "", run = "", info = ""] = match;
    if (inner !== null) {
      if (info === "" && run.length >= inner.length) inner = null;
    } else if (info !== "" || opensInner(text, match.index, match.index + line.length)) {
      inner = run;
    } else if (indent.length <= 3) {
      return match.index + line.length;
    }
  }
  return null;
}

function opensInner(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", start - 2) + 1, start).trim();
  const [after = ""] = /^\n([^\n]*)/.exec(text.slice(end, end + 1_000)) ?? [];
  return (before === "" || /[:：]$/.test(before)) && after.trim() !== "";
}

const IN_CONTAINER = /^((?:[ \t]*(?:>|[-*+]|\d{1,9}[.)]))*[ \t]*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)$/;

/** Hides the marks of inner fences of fences of Markdown, so that the parser does not end them there. */
export function hideInnerFences(source: string, isGrowing: boolean): string {
  // Most texts have none, and each of their blocks is parsed again and again while it grows.
  if (!/(?:```|~~~)[ \t]*(?:markdown|md|mdx)\b/i.test(source)) return source;
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, prefix = "", marks, info = ""] = IN_CONTAINER.exec(lines[at]!) ?? [];
    if (marks === undefined) continue;
    if (!OF_MARKDOWN.test(info)) {
      // Its lines are code, also one that looks like the beginning of a fence of Markdown.
      if (!IN_CODE.test(prefix)) at = lastOfPlain(prefix, marks, lines, at);
      continue;
    }
    const body = [...linesWithin(prefix, lines, at + 1)];
    const text = body.join("\n");
    const end = nestedEnd(text, { marks, info, bodyStart: 0 });
    if (end === null && !isGrowing) continue;
    const closing = end === null ? null : at + text.slice(0, end).split("\n").length;
    const last = closing === null ? at + body.length : closing - 1;
    for (let inner = at + 1; inner <= last; inner++) lines[inner] = hideMarks(lines[inner]!);
    at = closing ?? last;
  }
  return lines.join("\n");
}

/** Matches what stands before marks that are indented code. */
const IN_CODE = / {4}$|\t$/;

/** Index of the last line of a fence that is not one of Markdown. Reads no further: a block may have thousands of them. */
function lastOfPlain(prefix: string, marks: string, lines: readonly string[], opening: number): number {
  let last = opening;
  for (const line of linesWithin(prefix, lines, opening + 1)) {
    last += 1;
    if (closingLine(marks).test(line)) break;
  }
  return last;
}

/** The lines of a container from one of them up to its end, without the marks and the indentation of the container. */
function* linesWithin(prefix: string, lines: readonly string[], from: number): Generator<string> {
  const quotes = prefix.split(">").length - 1;
  const mark = new RegExp(`^(?:[ \\t]*>){${String(quotes)}}`);
  const indent = " ".repeat(prefix.length - (prefix.lastIndexOf(">") + 1));
  for (let at = from; at < lines.length; at++) {
    const line = lines[at]!;
    const rest = mark.test(line) ? line.replace(mark, "").replaceAll("\t", "    ") : null;
    if (rest === null || (rest.trim() !== "" && quotes === 0 && !rest.startsWith(indent))) return;
    yield rest.startsWith(indent) ? rest.slice(indent.length) : rest.trimStart();
  }
}

export type FencedCode = {
  code: string;
  language: string | null;
  /** The text after the language, such as a file name. */
  more: string;
  isClosed: boolean;
};

/** The code of a block that is a single fence. While it grows, incomplete marks and names are left out. */
export function readFence(source: string, isGrowing: boolean): FencedCode {
  const { marks, info, bodyStart } = openedFence(source, 0)!;
  const body = source.slice(bodyStart);
  const last = /(?:^|\n) {0,3}([`~]+)[ \t]*$/.exec(body);
  const mark = last?.[1] ?? "";
  const isOfFence = mark !== "" && mark === marks[0]!.repeat(mark.length);
  const isClosed = isOfFence && mark.length >= marks.length;
  const isClosing = isOfFence && isGrowing;
  const [, language = "", more = ""] = /^(\S*)\s*(.*)$/.exec(info)!;
  const isNamed = language !== "" && !(isGrowing && bodyStart === source.length && !source.endsWith("\n"));
  return {
    code: isClosed || isClosing ? body.slice(0, last!.index) : body.replace(/\n$/, ""),
    language: isNamed ? language : null,
    more,
    isClosed,
  };
}
