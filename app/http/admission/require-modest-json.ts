import { ExpectedError } from "~/conversation/expected-error";

/** Levels of nesting. Clients of the app send fewer. */
const MAX_DEPTH = 32;
/** Fields of one object. Clients of the app send fewer. */
const MAX_FIELDS = 100;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Refuses JSON with too many values before it is parsed: a few bytes of JSON can become hundreds in memory. It only
 * counts brackets and commas outside of strings. Invalid JSON is left to the parser, which makes no more values than
 * were counted before it fails.
 * @throws ExpectedError `bad_request`
 */
export function requireModestJson(bytes: Uint8Array, maxValues: number): void {
  let values = 1;
  let depth = 0;
  /** Fields that the object at each depth may still have. */
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
 * Index of the quotation mark that ends the string at `start`, the next one that is not escaped. `indexOf` scans long
 * strings, of which most bodies consist, many times as fast as a loop.
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
