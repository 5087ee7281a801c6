/** Where the line with this number begins, counted from 0; null if there is none. */
export function startOfLine(text: string, number: number): number | null {
  let at = 0;
  for (let line = 0; line < number; line++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return null;
    at = end + 1;
  }
  return at;
}

export function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** The text in pieces of so many lines, each with its line ends. */
export function piecesOfLines(text: string, lines: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  for (let end = startOfLine(rest, lines); end !== null; end = startOfLine(rest, lines)) {
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return rest === "" ? pieces : [...pieces, rest];
}
