import type { Code, Construct, State, TokenizeContext, Tokenizer, TokenType } from "micromark-util-types";

type Effects = Parameters<Tokenizer>[0];

/** The end of a span that begins at an index of the source; null if none begins there. */
export type FindEnd = (at: number) => number | null;

/** A micromark construct in a paragraph: a token up to the end that is found in the source. */
export function textSpan(name: string, findEnd: FindEnd): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    const end = findEnd(this.now().offset);
    return end === null ? nok : upTo(end, name, this, effects, ok, nok, null);
  };
  return { name, tokenize };
}

/**
 * A micromark construct of one or more whole lines, like a fence: a token up to the end that is found in the source.
 * What follows on the last line is a paragraph.
 */
export function blockSpan(name: string, findEnd: FindEnd): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    const end = findEnd(this.now().offset);
    if (end === null) return nok;
    const start = upTo(end, name, this, effects, restAsParagraph(effects, ok), nok, nonLazyLine);
    return (code) => (this.interrupt ? ok(code) : start(code));
  };
  return { name, tokenize, concrete: true };
}

/** Consumes up to `end`; fails if the paragraph, item, cell or quote ends before, or `line` refuses the next line. */
function upTo(
  end: number,
  name: string,
  self: TokenizeContext,
  effects: Effects,
  ok: State,
  nok: State,
  line: Construct | null,
): State {
  const [whole, part] = [name, `${name}Data`] as TokenType[] as [TokenType, TokenType];
  const between: State = (code) => {
    if (self.now().offset >= end) {
      effects.exit(whole);
      return ok(code);
    }
    if (code === null) return nok(code);
    if (isLineEnding(code)) return line ? effects.check(line, lineEnding, nok)(code) : lineEnding(code);
    effects.enter(part);
    return inside(code);
  };
  const inside: State = (code) => {
    if (code !== null && !isLineEnding(code) && self.now().offset < end) {
      effects.consume(code);
      return inside;
    }
    effects.exit(part);
    return between(code);
  };
  // A token of its own: micromark cuts the tokens of containers there.
  const lineEnding: State = (code) => {
    effects.enter("lineEnding");
    effects.consume(code);
    effects.exit("lineEnding");
    return between;
  };
  return (code) => {
    effects.enter(whole);
    return between(code);
  };
}

/** A micromark construct that makes a character a letter, which begins no other construct. */
export function literal(isLiteral: (at: number) => boolean): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    if (!isLiteral(this.now().offset)) return nok;
    return (code) => {
      effects.enter("data");
      effects.consume(code);
      effects.exit("data");
      return ok;
    };
  };
  return { tokenize };
}

/** A micromark construct that makes a line a paragraph of its own, which ends the paragraph before it. */
export function ownLine(name: string, isOwn: (at: number) => boolean): Construct {
  const tokenize: Tokenizer = function (effects, ok, nok) {
    if (!isOwn(this.now().offset)) return nok;
    return (code) => (this.interrupt ? ok(code) : restAsParagraph(effects, ok)(code));
  };
  return { name, tokenize };
}

/** The token of a paragraph of one line. Micromark would take its own for the text above the underline of a heading. */
export const LINE_PARAGRAPH = "lineParagraph" as TokenType;

function restAsParagraph(effects: Effects, ok: State): State {
  const inside: State = (code) => {
    if (code === null || isLineEnding(code)) {
      effects.exit("chunkText");
      effects.exit(LINE_PARAGRAPH);
      return ok(code);
    }
    effects.consume(code);
    return inside;
  };
  const start: State = (code) => {
    if (code === null || isLineEnding(code)) return ok(code);
    if (isSpace(code)) {
      effects.enter("linePrefix");
      return space(code);
    }
    effects.enter(LINE_PARAGRAPH);
    effects.enter("chunkText", { contentType: "text" });
    return inside(code);
  };
  const space: State = (code) => {
    if (!isSpace(code)) {
      effects.exit("linePrefix");
      return start(code);
    }
    effects.consume(code);
    return space;
  };
  return start;
}

/** A line end, unless the next line is outside of the list or quote and only continues its paragraph. */
const nonLazyLine: Construct = {
  partial: true,
  tokenize(this: TokenizeContext, effects, ok, nok) {
    return (code) => {
      effects.enter("lineEnding");
      effects.consume(code);
      effects.exit("lineEnding");
      return (next) => (this.parser.lazy[this.now().line] ? nok(next) : ok(next));
    };
  },
};

function isLineEnding(code: Code): boolean {
  return code !== null && code < -2;
}

function isSpace(code: Code): boolean {
  return code === -2 || code === -1 || code === 32;
}
