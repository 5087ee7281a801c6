const LINE_FEED = 10;

/** Takes the bytes of a growing file as they come. @returns the whole lines; null for one that is too long */
export type LineSplitter = (bytes: Buffer) => (string | null)[];

/** Keeps the beginning of a line until its end has come, and no more than `maxLine` bytes of it. */
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
