import { cjkFriendlyExtension } from "micromark-extension-cjk-friendly";
import type { Code, Construct, Extension, State, TokenizeContext, Tokenizer } from "micromark-util-types";

/**
 * Matches a letter of a script in which nobody writes formulas or code, or an invisible mark. Many of these scripts have no space
 * between words (Chinese, Thai, Burmese) or write a prefix on the next word (Arabic, Hebrew). Stars then stand between a
 * letter and a quotation mark, where CommonMark lets no emphasis begin or end.
 */
const LETTER_OUTSIDE_FORMULAS =
  /^(?:\p{Cf}|(?!\p{Script=Latin}|\p{Script=Greek}|\p{Script=Zyyy}|\p{Script=Zinh})[\p{L}\p{M}\p{N}]|[\u3000-\u303F\uFF00-\uFFEF])$/u;

/** Whether a mark behind the character is taken for the beginning of emphasis while the text after it grows. */
export function opensBehind(character: string): boolean {
  return LETTER_OUTSIDE_FORMULAS.test(character);
}

/** Emphasis that also begins and ends between punctuation and a letter of a script other than Latin and Greek. */
export function emphasisOfAllScripts(): Extension {
  const { text, insideSpan } = cjkFriendlyExtension();
  const { tokenize, ...attention } = (text as Record<number, Construct>)[STAR]!;
  const construct: Construct = { ...attention, tokenize: withLettersAsCjk(tokenize) };
  return { text: { [STAR]: construct, [UNDERSCORE]: construct }, insideSpan: insideSpan! };
}

const [STAR, UNDERSCORE] = [..."*_"].map((mark) => mark.charCodeAt(0)) as [number, number];
const FIRST_OUTSIDE_LATIN = 0x300;
const CJK_LETTER = "中".charCodeAt(0);

/** A tokenizer of a run of marks, to which the characters before and after the run are CJK letters if they may be. */
function withLettersAsCjk(tokenize: Tokenizer): Tokenizer {
  return function (this: TokenizeContext, effects, ok, nok) {
    const context = Object.create(this, { previous: { value: asCjk(this.previous) } }) as TokenizeContext;
    let after: Code = null;
    let isOver = false;
    function end() {
      isOver = true;
      return ok(after);
    }
    const inside = tokenize.call(context, effects, end, nok);
    const state =
      (wrapped: State): State =>
      (code) => {
        after = code;
        const next = wrapped(code === STAR || code === UNDERSCORE ? code : asCjk(code));
        // The run also ends before marks of the other kind. What follows it is read as it is.
        return next && !isOver ? state(next) : next;
      };
    return state(inside);
  };
}

function asCjk(code: Code): Code {
  return code !== null &&
    code >= FIRST_OUTSIDE_LATIN &&
    LETTER_OUTSIDE_FORMULAS.test(String.fromCharCode(code))
    ? CJK_LETTER
    : code;
}
