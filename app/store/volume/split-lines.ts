const LINE_FEED = 10;

/** Takes the next bytes of a growing file. @returns the lines that they complete; null for a line that is too long */
export type LineSplitter = (bytes: Buffer) => (string | null)[];

/** Keeps the beginning of an incomplete line, at most `maxLine` bytes of it, for the next call. */
export function createLineSplitter(maxLine = 1_048_576): LineSplitter {
  let begun: Buffer[] = [];
  let length = 0;
  let tooLong = false;

  return (bytes) => {
    const lines: (string | null)[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(LINE_FEED, at);
      const piece = bytes.subarray(at, end === -1 ? bytes.length : end);
      if (length + piece.length > maxLine) {
        if (!tooLong) lines.push(null);
        tooLong = true;
        begun = [];
      }
      if (!tooLong) begun.push(piece);
      length += piece.length;
      if (end === -1) break;
      if (!tooLong) lines.push(Buffer.concat(begun).toString("utf8"));
      begun = [];
      length = 0;
      tooLong = false;
      at = end + 1;
    }
    return lines;
  };
}
