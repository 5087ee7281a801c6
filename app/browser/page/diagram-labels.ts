/**
 * A label in quotes, unless it is. Entities would be shown as such: quotes in it become typographic ones, and a space
 * without width keeps what only looks like a tag.
 */
export function quoted(label: string): string {
  const text = label.trim();
  if (/^"[^"]*"$/.test(text)) return text;
  const safe = text
    .replace(/"([^"]*)"/g, "“$1”")
    .replaceAll('"', "”")
    .replaceAll("`", "'")
    .replace(/<(?!br\s*\/?>)(?=[a-z/!])/gi, "<\u200B");
  return `"${safe}"`;
}

/** The text with some marks as Mermaid's entities. Entities stay. */
export function escaped(text: string, marks: RegExp): string {
  return text
    .split(/(#\w+;)/)
    .map((piece, index) =>
      index % 2 === 1 ? piece : piece.replace(marks, (mark) => `#${String(mark.charCodeAt(0))};`),
    )
    .join("");
}

/** A pair of angle brackets around the parameters of a type. Arrows have none. */
const GENERIC = /(?<=[\p{L}\p{N}_])<([^<>|\n-]+)>/u;

/** A line of a class diagram in which the parameters of a type are not taken for a tag of HTML, which is not drawn. */
export function memberOfClass(line: string): string {
  return /^\s*class\b|--|\.\./.test(line) ? line : withGenerics(line, "‹$1›");
}

export function withGenerics(line: string, as: string): string {
  let changed = line;
  while (GENERIC.test(changed)) changed = changed.replace(GENERIC, as);
  return changed;
}

/** The text in ASCII, other characters as their code points. */
export function withCodePoints(text: string): string {
  return text.replace(/[^ -~]/gu, (each) => `U+${each.codePointAt(0)!.toString(16).toUpperCase()};`);
}

/** Undoes `withCodePoints`. Code points of ASCII are kept: they could be marks of XML. */
export function withoutCodePoints(text: string): string {
  return text.replace(/U\+([8-9A-F][\dA-F]|[1-9A-F][\dA-F]{2,4}|10[\dA-F]{4});/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}
