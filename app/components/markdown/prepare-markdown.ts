import { mathClosing, mathOpening, type MathOpening } from "./math-delimiters";

export type Formula = {
  tex: string;
  /** The source, delimiters included. */
  source: string;
  isDisplay: boolean;
  /** The formula is still being written. */
  isOpen: boolean;
};

export type PreparedMarkdown = { markdown: string; formulas: readonly Formula[] };

/** The placeholder of formula number n: private-use characters, which Markdown treats as letters. */
export const PLACEHOLDER = /\uE000(\d+)\uE001/g;

/**
 * Replaces the formulas of a Markdown block by placeholders, since their stars, underscores and pipes would be read as
 * Markdown. Formulas in code are left alone.
 */
export function prepareMarkdown(markdown: string, isOpenEnded: boolean): PreparedMarkdown {
  if (!/[$\\]|\[\^/.test(markdown) || /[\uE000\uE001]/.test(markdown)) return { markdown, formulas: [] };
  const formulas: Formula[] = [];
  const prepared = markdown.split(FENCED).map((piece, index) => {
    if (index % 2 === 1) return piece;
    const isLast = piece !== "" && markdown.endsWith(piece);
    // Escaped, since the text of a footnote would be taken for the definition of a link.
    return takeOut(piece.replace(/^(\s*)\[\^(\w+)\]:/gm, "$1\\[^$2]:"), isOpenEnded && isLast, formulas);
  });
  return { markdown: prepared.join(""), formulas };
}

/** A whole fence, up to the end of the text if it is open. */
const FENCED =
  /((?:^|\n)[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:```|~~~)[^]*?(?:\n[ \t>]*(?:```|~~~)[`~]*[ \t]*(?=\n|$)|$))/;

function takeOut(text: string, isOpenEnded: boolean, formulas: Formula[]): string {
  const marks = /\\begin\{|\\[^]|`+|\$\$?/g;
  let taken = "";
  let done = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    const at = mark.index;
    if (mark[0].startsWith("`")) {
      const end = endOfCode(text, marks.lastIndex, mark[0].length);
      if (end !== null) marks.lastIndex = end;
      else if (isOpenEnded && !hasBlankLine(text.slice(at))) break;
      continue;
    }
    const opening = mathOpening(text, at);
    if (!opening) continue;
    const from = at + opening.length;
    const closed = mathClosing(text, from, opening);
    const isOpen = closed === null && isOpenEnded && isBeingWritten(text.slice(from), opening);
    if (closed === null && !isOpen) {
      if (mark[0] === "$$") marks.lastIndex = at + 2;
      continue;
    }
    const end = closed === null ? text.length : closed + opening.closing.length;
    const inside = text.slice(from, closed ?? text.length);
    taken += `${text.slice(done, at)}\uE000${String(formulas.length)}\uE001`;
    formulas.push({
      tex: opening.keepsMarks ? text.slice(at, end) : inside.replace(/^`([^`]+)`$/, "$1").trim(),
      source: text.slice(at, end),
      isDisplay: opening.isDisplay,
      isOpen,
    });
    done = marks.lastIndex = end;
  }
  return taken + text.slice(done);
}

/** An unclosed dollar sign is a price, unless the text after it looks like LaTeX. */
function isBeingWritten(rest: string, { closing, isDisplay }: MathOpening): boolean {
  if (isDisplay) return rest.split("\n").length < 40 && !/\n[ \t]*\n[^]*\n[ \t]*\n/.test(rest);
  if (hasBlankLine(rest) || rest.includes(closing)) return false;
  return closing === "\\)" || (rest.length < 200 && /[\\^_{=]/.test(rest) && !/^\d[\d.,]*\s/.test(rest));
}

function endOfCode(text: string, from: number, length: number): number | null {
  for (const run of text.slice(from).matchAll(/`+|\n[ \t>]*\n/g)) {
    if (run[0].startsWith("\n")) return null;
    if (run[0].length === length) return from + run.index + length;
  }
  return null;
}

function hasBlankLine(text: string): boolean {
  return /\n[ \t>]*\n/.test(text);
}
