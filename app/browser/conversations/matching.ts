/** Whether the text contains each word of the query, regardless of case and accents. */
export function matches(text: string, query: string): boolean {
  const plain = fold(text);
  return wordsOf(query).every((word) => plain.includes(word));
}

/** Whether a query is worth searching texts for. A single Latin letter is in nearly every text; a Chinese character can be a word. */
export function isLongEnough(query: string): boolean {
  return query.trim().length > 1 || /[^\0-\u024f\s]/.test(query);
}

export type Excerpt = { before: string; found: string; after: string };

/** Characters shown before and after the match: about two lines in the list. */
const BEFORE = 24;
const AFTER = 72;

/** The first place of the query, or else of its first word, in a text that matches, with some words around it. */
export function excerptOf(text: string, query: string): Excerpt | null {
  if (!matches(text, query)) return null;
  const plain = fold(text);
  const wanted = [fold(query.trim()), ...wordsOf(query)].find((part) => part !== "" && plain.includes(part));
  if (wanted === undefined) return null;
  const at = plain.indexOf(wanted);
  const [start, end] = [unfolded(text, at), unfolded(text, at + wanted.length)];
  const from = Math.max(0, start - BEFORE);
  return {
    // Begins with a whole word.
    before:
      from > 0 ? `…${oneLine(text.slice(from, start)).replace(/^\S+ /, "")}` : oneLine(text.slice(0, start)),
    found: oneLine(text.slice(start, end)),
    after: `${oneLine(text.slice(end, end + AFTER))}${end + AFTER < text.length ? "…" : ""}`,
  };
}

function wordsOf(query: string): string[] {
  return fold(query).trim().split(/\s+/);
}

/**
 * Accents and vowel points, which people often leave out, as they do the dot below Hindi letters (U+093C). The vowel
 * signs of Indic scripts and the voicing marks of kana (U+3099, U+309A) are kept: without them it is another word.
 */
const ACCENTS =
  /(?=\p{Mark})(?![\u3099\u309a])[\p{Script=Inherited}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Cyrillic}\u093c]/gu;

/**
 * A text without case and accents. The Turkish dotless ı becomes i, because its capital is I in any language. Korean
 * syllables become their letters, so that a word is found while its last syllable is still being typed.
 */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(ACCENTS, "").toLowerCase().replaceAll("ı", "i");
}

/** The index in a text that corresponds to an index in its folded form. */
function unfolded(text: string, length: number): number {
  let rest = length;
  let at = 0;
  for (const character of text) {
    const own = fold(character).length;
    // Combining accents belong to the letter before them.
    if (rest <= 0 && own > 0) break;
    rest -= own;
    at += character.length;
  }
  return at;
}

function oneLine(text: string): string {
  return text.toWellFormed().replace(/\s+/g, " ");
}
