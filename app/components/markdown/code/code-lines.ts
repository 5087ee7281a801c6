/** The index at which a line begins, by its number from 0; null if there is no such line. */
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

/** The text in pieces of a number of lines, line ends included. */
export function piecesOfLines(text: string, lines: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  for (let end = startOfLine(rest, lines); end !== null; end = startOfLine(rest, lines)) {
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return rest === "" ? pieces : [...pieces, rest];
}
