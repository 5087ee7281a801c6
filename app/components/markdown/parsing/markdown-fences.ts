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
  if (!/^(?:markdown|md|mdx)\b/i.test(fence.info)) return plainEnd(text, fence) ?? text.length;
  return nestedEnd(text, fence) ?? (isGrowing ? null : plainEnd(text, fence)) ?? text.length;
}

function plainEnd(text: string, { marks, bodyStart }: Fence): number | null {
  const closing = new RegExp(`^ {0,3}${marks}${marks[0]}*[ \\t]*$`, "gm");
  closing.lastIndex = bodyStart;
  const match = closing.exec(text);
  return match ? match.index + match[0].length : null;
}

/**
 * Models write Markdown in a fence with fences of as many marks inside of it. A fence with a language opens an inner one, as
 * does one after a blank line or a colon that has text in the next line.
 */
function nestedEnd(text: string, { marks, bodyStart }: Fence): number | null {
  const fences = new RegExp(`^([ \\t]*)(${marks}${marks[0]}*)[ \\t]*([^\\n${marks[0]}]*)$`, "gm");
  fences.lastIndex = bodyStart;
  let inner: string | null = null;
  for (let match = fences.exec(text); match; match = fences.exec(text)) {
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
    code: (isClosed || isClosing ? body.slice(0, last!.index) : body).replace(/\n$/, ""),
    language: isNamed ? language : null,
    more,
    isClosed,
  };
}
