import type { KatexOptions } from "katex";

/** Macro expansions of a formula. */
const MAX_EXPANSIONS = 500;
/** Tokens that the expansions of a formula may produce: about as many as a drawn formula may have elements. */
const MAX_EXPANDED_TOKENS = 10_000;

/** A quantity (`\\pu`) with more slashes takes mhchem, which repeats their operands, seconds or all memory. */
const MAX_SLASHES = 12;

/** The part of KaTeX's macro expander (MacroExpander.ts) that is used here. */
type MacroExpander = {
  /** @returns the number of tokens that a macro was expanded to, or false where the next token is no macro */
  expandOnce(expandableOnly?: boolean): number | boolean;
  consumeArgs(count: number, delimiters?: string[][]): readonly Token[][];
};

type Token = { text: string };

/** Name of the macro that stands before each formula. It expands to nothing. */
const BOUNDED = "\\@bounded";

/**
 * What KaTeX is given to draw a formula: without links, and without anything to load. It throws where the formula is not
 * valid, or would take too long.
 *
 * KaTeX bounds the number of expansions but not their length, so that a short source that defines a long macro and uses
 * it many times would block the page for minutes. A macro before the formula is given the expander of this one formula,
 * and has it count the tokens.
 */
export function formulaFor(tex: string, isDisplay: boolean): { tex: string; options: KatexOptions } {
  const placeholders = countOf(tex, "#");
  if (tex.includes("\\pu") && countOf(tex, "/") > MAX_SLASHES) throw new Error("This quantity is too long.");
  return {
    tex: `${BOUNDED} ${tex}`,
    options: {
      displayMode: isDisplay,
      trust: refuse,
      strict: "ignore",
      maxExpand: MAX_EXPANSIONS,
      maxSize: 20,
      throwOnError: true,
      macros: {
        [BOUNDED]: (expander: MacroExpander) => boundTokens(expander, placeholders),
        "\\mbox": "\\text{#1}",
        "\\mathds": "\\mathbb{#1}",
        "\\ensuremath": "#1",
        ...referenceMacros(tex, isDisplay),
      },
    },
  };
}

/** Whether the formula needs mhchem. */
export function isChemistry(tex: string): boolean {
  return /\\(?:ce|pu)(?![a-zA-Z])/.test(tex);
}

/**
 * References, which KaTeX lacks, because it does not know the other formulas. A reference is shown as the name of the
 * label; a displayed formula with a label but no tag has that name as its tag, so that a reader finds it.
 */
function referenceMacros(tex: string, isDisplay: boolean): KatexOptions["macros"] {
  const nameOf = (expander: MacroExpander) => {
    const [name = []] = expander.consumeArgs(1);
    // KaTeX gives the tokens of an argument in reverse.
    return name
      .map(({ text }) => text.replace(/[_#$%&]/, "\\$&"))
      .reverse()
      .join("");
  };
  const showsLabels = isDisplay && !tex.includes("\\tag");
  return {
    "\\label": (expander: MacroExpander) => {
      const name = nameOf(expander);
      return showsLabels ? `\\tag{${name}}` : "";
    },
    ...Object.fromEntries(
      ["ref", "autoref", "cref", "Cref", "nameref", "pageref"].map((name) => [
        `\\${name}`,
        (expander: MacroExpander) => `\\text{${nameOf(expander)}}`,
      ]),
    ),
    "\\eqref": (expander: MacroExpander) => `\\text{(${nameOf(expander)})}`,
    "\\require": (expander: MacroExpander) => nameOf(expander) && "",
    ...(!isDisplay && { "\\tag@literal": "\\qquad\\text{#1}" }),
  };
}

function countOf(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

/** @param placeholders number of `#` in the formula: a macro repeats its arguments at most so many times */
function boundTokens(expander: MacroExpander, placeholders: number): string {
  let left = MAX_EXPANDED_TOKENS;
  const spend = (tokens: number) => {
    left -= tokens;
    if (left < 0) throw new Error("The macros of this formula expand to too much.");
  };
  const { expandOnce, consumeArgs } = expander;
  expander.expandOnce = (expandableOnly) => {
    const expanded = expandOnce.call(expander, expandableOnly);
    if (typeof expanded === "number") spend(expanded);
    return expanded;
  };
  // Counted before they are repeated, since that alone may take long.
  expander.consumeArgs = (count, delimiters) => {
    const args = consumeArgs.call(expander, count, delimiters);
    spend(args.reduce((tokens, arg) => tokens + arg.length, 0) * placeholders);
    return args;
  };
  return "";
}

/** Refuses \href, \includegraphics and \htmlData. Throws, since KaTeX would leave out their contents. */
function refuse(): never {
  throw new Error("This command could lead out of the page.");
}
