import { ExpectedError } from "~/conversation/expected-error";

/** Deeper than anything that clients send. */
const MAX_DEPTH = 32;
/** More than any object has that clients send. */
const MAX_FIELDS = 100;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts what JSON would become, without making it: a few bytes can stand for hundreds in memory, so that a body that
 * is small enough to be read may still be too much to be parsed. What is no JSON is left to the parser, which comes to
 * no more values before it stops.
 * @throws ExpectedError `bad_request`
 */
export function requireModestJson(bytes: Uint8Array, maxValues: number): void {
  let values = 1;
  let depth = 0;
  /** By depth: how many more fields there may be. */
  const fieldsLeft: number[] = [Infinity];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === COMMA) {
      values += 1;
      if (--fieldsLeft[depth]! <= 0) throw tooMuch(`an object with more than ${MAX_FIELDS} fields`);
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      values += 1;
      depth += 1;
      if (depth > MAX_DEPTH) throw tooMuch(`more than ${MAX_DEPTH} levels`);
      fieldsLeft[depth] = byte === OPEN_OBJECT ? MAX_FIELDS : Infinity;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth = Math.max(0, depth - 1);
    if (values > maxValues) throw tooMuch(`more than ${maxValues} values`);
  }
}

/**
 * Where the text that begins at `start` ends: at the next quotation mark that no backslash escapes. `indexOf` goes
 * through long texts, which most bodies consist of, many times as fast as a loop.
 */
function endOfText(bytes: Uint8Array, start: number): number {
  let end = start;
  for (;;) {
    const from = end + 1;
    end = bytes.indexOf(QUOTE, from);
    if (end < 0) return bytes.length;
    let before = end;
    while (before > from && bytes[before - 1] === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
}

function tooMuch(what: string): ExpectedError {
  return new ExpectedError("bad_request", `The body holds too much: ${what}.`);
}
