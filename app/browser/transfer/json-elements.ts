const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The text of an element of a JSON array, or of a file's only value. */
export type JsonElement = {
  /** Null if it is longer than the limit. */
  text: string | null;
};

export type JsonElementReader = (chunk: Uint8Array, isLast: boolean) => JsonElement[];

/**
 * Divides a JSON file into the elements of its array without parsing them, so that a file of any length takes the memory
 * of one element, and a broken element leaves the others readable. A file that is no array is one element. Commas and
 * brackets are searched in bytes: in UTF-8 they are part of no other character.
 *
 * @param maxLength of the text of an element, in UTF-16 code units
 */
export function createJsonElementReader(maxLength: number): JsonElementReader {
  /** Null until the first byte that is no white space. */
  let isArray: boolean | null = null;
  /** The brackets of the current element that are not closed yet. */
  const open: number[] = [];
  /** The last byte outside of strings that is no white space. */
  let last: number | null = null;
  let isInString = false;
  let isEscaped = false;
  let decoder = new TextDecoder();
  /** The beginning of the current element. */
  let text: string | null = "";
  let found: JsonElement[] = [];

  function append(bytes: Uint8Array, isEnd: boolean) {
    if (text !== null) text += decoder.decode(bytes, { stream: !isEnd });
    if (text !== null && text.length > maxLength) text = null;
  }

  function endElement(bytes: Uint8Array) {
    append(bytes, true);
    if (text === null || text.trim() !== "") found.push({ text });
    [text, decoder, open.length] = ["", new TextDecoder(), 0];
  }

  /** @returns where the elements begin */
  function begin(chunk: Uint8Array): number {
    const first = chunk.findIndex((byte) => !isSpace(byte));
    if (first < 0) return chunk.length;
    isArray = chunk[first] === OPEN_BRACKET;
    return isArray ? first + 1 : first;
  }

  /**
   * Elements end at commas and brackets outside of them. A damaged one may lack a bracket, or have one too many: a bracket
   * closes those within it, and one after a comma in an object, where a name belongs, begins the next element.
   */
  function scan(chunk: Uint8Array, from: number): number {
    let start = from;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInString = false;
        continue;
      }
      if (isSpace(byte)) continue;
      if (byte === QUOTE) isInString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (last === COMMA && open.at(-1) === OPEN_BRACE) {
          endElement(chunk.subarray(start, at));
          start = at;
        }
        open.push(byte);
      } else if (open.length > 0 && (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) {
        const opened = open.lastIndexOf(byte === CLOSE_BRACE ? OPEN_BRACE : OPEN_BRACKET);
        if (opened >= 0) open.length = opened;
      } else if (open.length === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
        endElement(chunk.subarray(start, at));
        start = at + 1;
      }
      last = byte;
    }
    return start;
  }

  return (chunk, isLast) => {
    let start = isArray === null ? begin(chunk) : 0;
    if (isArray) start = scan(chunk, start);
    append(chunk.subarray(start), false);
    if (isLast) endElement(new Uint8Array());
    const elements = found;
    found = [];
    return elements;
  };
}

/** White space of JSON, and the bytes of a byte order mark. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf;
}
