/**
 * The delimiters of formulas, found in the source: `$…$` by Pandoc's rules and some more, so that prices and variables
 * stay text; `$$…$$`; the `\(…\)` and `\[…\]` of models; LaTeX's environments for displayed formulas.
 *
 * A formula that lacks its end is decided by what is there, never by what may follow: it is none once something that no
 * formula contains has been read, and open until then. So the meaning of a growing text does not change afterwards.
 */
export type Formula = {
  tex: string;
  /** The source, delimiters included. */
  source: string;
  isDisplay: boolean;
  /** The formula is still being written. */
  isOpen: boolean;
};

const ENVIRONMENT = /\\begin\{((?:align|alignat|equation|gather|multline)\*?)\}/y;
/** More lines than any formula has, and few enough that a lone mark does not hide the rest of an answer. */
const MAX_LINES = 60;
const MAX_INLINE_LENGTH = 2_000;
/** KaTeX is given at most 5,000 characters. */
const MAX_DISPLAY_LENGTH = 6_000;

type Opening = { open: string; close: string };

function openingAt(source: string, at: number): Opening | null {
  if (source[at] === "$") {
    if (source[at - 1] === "$") return null;
    const [run = ""] = matchAt(/\$+/y, source, at) ?? [];
    if (run.length > 2) return null;
    return run === "$" && source[at + 1] === "`" ? { open: "$`", close: "`$" } : { open: run, close: run };
  }
  if (source.startsWith("\\(", at)) return { open: "\\(", close: "\\)" };
  if (source.startsWith("\\[", at)) return { open: "\\[", close: "\\]" };
  const name = matchAt(ENVIRONMENT, source, at)?.[1];
  return name === undefined ? null : { open: `\\begin{${name}}`, close: `\\end{${name}}` };
}

/**
 * The end of a formula in a paragraph that begins at `at`, delimiters included; null if there is none. With
 * `isGrowing`, a formula that reaches the end of the source is open.
 */
export function formulaEnd(source: string, at: number, isGrowing: boolean): number | null {
  const opening = openingAt(source, at);
  if (opening === null) return null;
  const { open, close } = opening;
  const from = at + open.length;
  const text = source.slice(from, from + MAX_INLINE_LENGTH);
  const blank = text.search(BLANK_LINE);
  const reach = blank < 0 ? text : text.slice(0, blank);
  const end = closingIn(reach, close);
  if (end !== null) {
    const inside = reach.slice(0, end);
    const after = source.slice(from + end + close.length, from + end + close.length + 2);
    return isFormula(opening, inside, source.slice(Math.max(0, at - 2), at), after)
      ? from + end + close.length
      : null;
  }
  const isAtEnd = blank < 0 && text.length < MAX_INLINE_LENGTH;
  return isGrowing && isAtEnd && mayBecomeFormula(opening, reach, source.slice(Math.max(0, at - 2), at))
    ? source.trimEnd().length
    : null;
}

const BLANK_LINE = /\n[ \t>]*(?:\n|$)/;

/** Text in a formula, which may have formulas of its own. */
const TEXT_GROUP = String.raw`\\(?:text[a-z]*|mbox)\{(?:[^{}]|\{[^{}]*\})*\}`;
const UP_TO_DOLLARS = new RegExp(String.raw`^((?:${TEXT_GROUP}|(?!${TEXT_GROUP})\\[^]|[^\\$])*)(\$+)`);

/** The index of the closing delimiter; null without one. */
function closingIn(text: string, close: string): number | null {
  if (!close.endsWith("$")) {
    const end = text.indexOf(close);
    return end < 0 ? null : end;
  }
  // The next dollars that are not escaped close the formula or show that it is none.
  const [, before, run] = UP_TO_DOLLARS.exec(text) ?? [];
  if (before === undefined || run === undefined) return null;
  if (close === "`$") return before.endsWith("`") && run === "$" ? before.length - 1 : null;
  return run === close ? before.length : null;
}

function isFormula({ open }: Opening, inside: string, before: string, after: string): boolean {
  if (inside.trim() === "") return false;
  if (open === "$") return isBalanced(inside) && isBetweenDollars(inside, before, after);
  if (open === "$$") return isBalanced(inside) && !/^\d/.test(after) && looksLikeFormula(inside);
  if (open === "\\[") return !/[\w\])]$/.test(before) && isInBrackets(inside, after);
  if (open === "\\(") return !isProse(inside);
  return true;
}

/** Words between escaped parentheses. */
function isProse(inside: string): boolean {
  return /^[\p{L}\p{M}\s,;.'’-]+$/u.test(inside) && (inside.match(/\p{L}{3,}/gu)?.length ?? 0) > 1;
}

/** Escaped brackets around a number, a task's mark or the text of a link are brackets. */
function isInBrackets(inside: string, after: string): boolean {
  return !after.startsWith("(") && !/^(?:[\d\s,–-]*|[xX ])$/.test(inside);
}

/** Marks of LaTeX, or a name or number: not the words between the `$$` of two restaurants. */
function looksLikeFormula(inside: string): boolean {
  if (/[\\^_=<>+{}|]/.test(inside)) return true;
  return /^\s*[\p{L}\p{N}]\S*\s*$/u.test(inside) && !/^\s*\p{L}{3,}[,;:.]?\s*$/u.test(inside);
}

function isBetweenDollars(inside: string, before: string, after: string): boolean {
  if (/^\s|\s$|["`]/.test(inside) || /\n[^]*\n[^]*\n/.test(inside)) return false;
  const isLatex = /[\\^_]/.test(inside);
  if (!isLatex && (/^\d/.test(after) || /^[,;:!?)/\]–—-]+(?!\d)|^[.]/.test(inside))) return false;
  // A number directly after the closing mark makes both amounts, unless it is a factor.
  if (/^\d/.test(after) && !inside.includes("\\")) return false;
  // `$HOME:$PATH`, `$a/$b`, `${A}${B}`: the second dollar begins another variable.
  if (/^[a-z_{(]/i.test(after) && /[/:,;.&|=(+\-\]"']$|^\{.*\}$/.test(inside) && !inside.includes("\\"))
    return false;
  // `5$, 10$`, `US$`, `A$`: the mark after an amount or of a currency. `H$_2$O` and `25$^\circ$C` are formulas.
  if (/[\w]$/.test(before) && !/^[\\^_{]/.test(inside) && !/^[a-z]$/i.test(inside)) return false;
  return isLatex || !isAmount(inside);
}

/** A number and words, as in "$5 and 10$". */
function isAmount(inside: string): boolean {
  return /^[-+~]?\d[\d.,]*/.test(inside) && /(?:^|[^\p{L}\\])\p{L}{2,}/u.test(inside);
}

/** Whether an unclosed opening may still become a formula. A dollar must already look like LaTeX. */
function mayBecomeFormula({ open }: Opening, inside: string, before: string): boolean {
  if (open === "$$") return !inside.trim() || looksLikeFormula(inside);
  if (open === "\\[") return !/[\w\])]$/.test(before);
  if (open !== "$") return true;
  if (inside.length > 200 || /^\s|^\d[\d.,]*\s|["`]/.test(inside)) return false;
  if (/[\w]$/.test(before) && !/^[\\^_{]/.test(inside)) return false;
  return /[\\^_{=]/.test(inside);
}

function isBalanced(inside: string): boolean {
  let depth = 0;
  // The two kinds count as one, since half-open intervals such as [0, 1) mix them.
  for (const [mark] of inside.matchAll(/\\.|[()[\]]/g)) {
    if (mark === "(" || mark === "[") depth += 1;
    if (mark === ")" || mark === "]") depth -= 1;
    if (depth < 0) return false;
  }
  return true;
}

/**
 * The end of a displayed formula whose delimiter begins a line at `at`. It may have blank lines if the delimiter is alone
 * on its line. All its lines are in the same quotes. Null if it is none, or a part of a paragraph.
 */
export function displayEnd(source: string, at: number, isGrowing: boolean): number | null {
  const opening = openingAt(source, at);
  if (opening === null || opening.open.length < 2 || ["\\(", "$`"].includes(opening.open)) return null;
  const { open, close } = opening;
  const from = at + open.length;
  const lineStart = source.lastIndexOf("\n", at - 1) + 1;
  const quotes = source.slice(lineStart, at).split(">").length - 1;
  const isAlone = open.startsWith("\\begin") || restOfLine(source, from).trim() === "";
  let wasBlank = false;
  /** The end of the last line with words: micromark sees no characters in a quote's mark without a line. */
  let filledEnd = from;
  for (let start = from, count = 0; ; count++) {
    const line = restOfLine(source, start);
    const text = count === 0 ? line : withoutQuotes(line, quotes);
    if (text === null || count >= MAX_LINES || start - at > MAX_DISPLAY_LENGTH) return null;
    if (count > 0 && STOPS.test(text)) return null;
    const isBlank = count > 0 && text.trim() === "";
    if (isBlank && start + line.length < source.length && (!isAlone || wasBlank)) return null;
    wasBlank = isBlank;
    if (!isBlank) filledEnd = start + line.trimEnd().length;
    const end = closingIn(text, close);
    if (end !== null) {
      const closed = start + line.length - text.length + end;
      const after = source.slice(closed + close.length, closed + close.length + 2);
      const rest = text.slice(end + close.length);
      const inside = source.slice(from, closed);
      if (count === 0 && rest.trim() !== "" && !PUNCTUATION.test(rest)) return null;
      if (count > 0 && !isAlone && text.slice(0, end).trim() === "" && rest.trim() !== "") return null;
      if (inside.trim() === "" || (!isAlone && !isFormula(opening, inside, "", after))) return null;
      return closed + close.length + (PUNCTUATION.test(rest) ? rest.trimEnd().length : 0);
    }
    const dollars = open === "$$" ? (text.replace(TEXT_GROUPS, "").match(/\$+/g) ?? []) : [];
    if (dollars.length > 0 && (!isAlone || dollars.some(({ length }) => length > 1))) return null;
    const next = start + line.length + 1;
    if (next > source.length) {
      return isGrowing && (isAlone || mayBecomeFormula(opening, source.slice(from), "")) ? filledEnd : null;
    }
    start = next;
  }
}

const TEXT_GROUPS = new RegExp(TEXT_GROUP, "g");
/** A punctuation mark after the closing delimiter, which is drawn as a part of the formula. */
const PUNCTUATION = /^[ \t]*[.,;:][ \t]*$/;
/** Lines that no formula contains: fences and headings. */
const STOPS = /^\s*(?:```|~~~|#{1,6} )/;

function restOfLine(source: string, from: number): string {
  const end = source.indexOf("\n", from);
  return source.slice(from, end < 0 ? source.length : end);
}

function withoutQuotes(line: string, quotes: number): string | null {
  let rest = line;
  for (let depth = 0; depth < quotes; depth++) {
    const mark = /^\s*> ?/.exec(rest)?.[0];
    if (mark === undefined) return null;
    rest = rest.slice(mark.length);
  }
  return rest;
}

/** A formula from its source, quote marks taken off. */
export function readFormula(source: string): Formula {
  const opening = openingAt(source, 0);
  const { open, close } = opening ?? { open: "", close: "" };
  const [, mark = ""] = /([.,;:])\s*$/.exec(source) ?? [];
  const isPunctuated = mark !== "" && source.trimEnd().slice(0, -1).trimEnd().endsWith(close);
  const body = isPunctuated ? source.trimEnd().slice(0, -1).trimEnd() : source;
  const isOpen = body.length < open.length + close.length || !body.endsWith(close);
  const inside = body.slice(open.length, isOpen ? undefined : -close.length).trim();
  const tex = open.startsWith("\\begin") ? body : inside;
  return {
    tex: `${tex}${isPunctuated ? mark : ""}`,
    source,
    isDisplay: !["$", "$`", "\\("].includes(open),
    isOpen,
  };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
