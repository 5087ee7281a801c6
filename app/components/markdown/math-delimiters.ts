/**
 * The delimiters of formulas: `$…$` by Pandoc's rules, so that prices are not formulas; `$$…$$`; the `\(…\)` and
 * `\[…\]` of models; and LaTeX's environments for displayed formulas.
 */
export type MathOpening = {
  /** Index at which the formula begins; for an environment, its `\begin`. */
  length: number;
  closing: string;
  isDisplay: boolean;
  /** KaTeX is given the delimiters, too. */
  keepsMarks: boolean;
};

const ENVIRONMENT = /^\\begin\{((?:align|alignat|equation|gather|multline)\*?)\}/;
/** Maximum lines of a formula: more than any has, and few enough that a lone mark does not hide the rest of an answer. */
const MAX_LINES = 60;
const MAX_INLINE_LENGTH = 2_000;
/** Maximum distance of the closing mark. KaTeX is given at most 5,000 characters. */
const MAX_DISPLAY_LENGTH = 6_000;

export function mathOpening(text: string, at: number): MathOpening | null {
  const before = text[at - 1] ?? "\n";
  const rest = text.slice(at, at + 40);
  if (rest.startsWith("\\(")) return { length: 2, closing: "\\)", isDisplay: false, keepsMarks: false };
  // Not an escaped bracket inside a word or a link.
  if (rest.startsWith("\\[") && /[\s|>:(]/.test(before)) {
    return { length: 2, closing: "\\]", isDisplay: true, keepsMarks: false };
  }
  if (rest.startsWith("$$")) return { length: 2, closing: "$$", isDisplay: true, keepsMarks: false };
  if (/^\$[^\s$]/.test(rest) && !/[\p{L}\p{N}$]/u.test(before)) {
    return { length: 1, closing: "$", isDisplay: false, keepsMarks: false };
  }
  const name = ENVIRONMENT.exec(rest)?.[1];
  return name === undefined
    ? null
    : { length: 0, closing: `\\end{${name}}`, isDisplay: true, keepsMarks: true };
}

/** The index of the closing mark of a formula that begins at `from`; null if there is no valid one. */
export function mathClosing(whole: string, from: number, { closing, isDisplay }: MathOpening): number | null {
  const text = whole.slice(
    0,
    from + (isDisplay ? MAX_DISPLAY_LENGTH : MAX_INLINE_LENGTH) + closing.length + 2,
  );
  let end = text.indexOf(closing, from);
  while (end > 0 && text[end - 1] === "\\" && text[end - 2] !== "\\" && closing.startsWith("$")) {
    end = text.indexOf(closing, end + 1);
  }
  if (end < 0) return null;
  const inside = text.slice(from, end);
  if (inside.trim() === "") return null;
  if (isDisplay) return inside.split("\n").length <= MAX_LINES ? end : null;
  if (inside.length > MAX_INLINE_LENGTH || /\n[ \t>]*\n/.test(inside)) return null;
  if (closing === "$" && (/\s$/.test(inside) || /^[\p{L}\p{N}]/u.test(text.slice(end + 1, end + 3))))
    return null;
  return end;
}

/** The last line of a displayed formula that begins on this line; null without one, or if it is a single line. */
export function lineOfMathEnd(lines: readonly string[], index: number): number | null {
  const line = lines[index]!;
  const at = line.search(/\S/);
  const start = /^(?:(?:[-*+]|\d{1,9}[.)])\s+)+/.exec(line.slice(at))?.[0].length ?? 0;
  const opening = mathOpening(line, at + start);
  if (!opening?.isDisplay || line.includes(opening.closing, at + start + Math.max(opening.length, 1)))
    return null;
  for (let end = index + 1; end < Math.min(lines.length, index + MAX_LINES); end++) {
    if (lines[end]!.includes(opening.closing)) return end;
    if (/^\s*(```|~~~|#{1,6} )/.test(lines[end]!)) return null;
  }
  return null;
}
