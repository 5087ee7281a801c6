import { ExpectedError } from "~/conversation/expected-error";

/** Deeper than anything that clients send. */
const MAX_DEPTH = 32;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts what JSON would become, without making it: a few bytes can stand for hundreds in memory, so that a body that
 * is small enough to be read may still be too much to be parsed. What is no JSON is left to the parser, which comes to
 * no more values before it stops.
 * @throws ExpectedError `bad_request`
 */
export function requireModestJson(bytes: Uint8Array, maxValues: number): void {
  let isText = false;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA) values += 1;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      values += 1;
      depth += 1;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) throw new ExpectedError("bad_request", "The body is nested too deeply.");
    if (values > maxValues) {
      throw new ExpectedError("bad_request", `The body holds too much: more than ${maxValues} values.`);
    }
  }
}
