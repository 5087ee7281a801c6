/**
 * The end of a web address that is written without brackets and begins at `at`; null if none does. As in GFM, with two
 * differences: it ends at the first bracket that is not its own, and where Chinese, Japanese or Korean text follows,
 * which has no spaces around addresses.
 */
export function addressEnd(source: string, at: number): number | null {
  START.lastIndex = at;
  const start = START.exec(source);
  if (!start) return null;
  const isWww = /^w/i.test(start[0]);
  if ((isWww ? /[\w./@:+-]/ : /[a-z]/i).test(source[at - 1] ?? " ")) return null;
  const from = at + start[0].length;
  const [whole] = UP_TO_SPACE.exec(source.slice(from, from + MAX_LENGTH)) ?? [""];
  const cut = CJK_BEGINS.exec(whole)?.index ?? whole.length;
  const rest = withoutTrail(whole.slice(0, balancedLength(whole.slice(0, cut))));
  const host = /^[^/?#]*/.exec(rest)![0];
  return HOST.test(host) && (!isWww || host !== "") ? from + rest.length : null;
}

const MAX_LENGTH = 4_000;
const START = /https?:\/\/|www\./iy;
/** Also ends at marks of Markdown that an address would not have, and at punctuation of full width. */
const UP_TO_SPACE =
  /^(?:(?!\*\*|~~)[^\s<>"`|\\…“”‘’«»\u3000-\u303F\u30FB\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65])*/;
const HOST =
  /^(?:[^\s/?#@]*@)?(?:\[[\da-f:]+\]|[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*\.?)(?::\d*)?$/iu;

const CJK = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]`;
/**
 * A CJK letter after a Latin one or a digit, or after the slash that ends the host, begins the text behind an address.
 * After another slash or mark it is part of the address, as in `/wiki/東京`.
 */
const CJK_BEGINS = new RegExp(String.raw`(?<=[A-Za-z0-9)])${CJK}|(?<=^[^/]*\/)${CJK}`, "u");

/** The length up to the first closing bracket without an opening one. */
function balancedLength(text: string): number {
  const open: string[] = [];
  for (const { 0: mark, index } of text.matchAll(/[()[\]]/g)) {
    if (mark === "(" || mark === "[") open.push(mark);
    else if (open.pop() !== (mark === ")" ? "(" : "[")) return index;
  }
  return text.length;
}

function withoutTrail(text: string): string {
  return text.replace(/(?:&[a-z\d]+;|[?!.,:;*_~'])+$/i, "");
}

/** Matches mail addresses. */
export const MAIL_ADDRESS =
  /(?<![\p{L}\p{N}.+_/@-])[a-z\d][a-z\d.+_-]*@(?:[a-z\d_-]+\.)+[a-z\d-]*[a-z](?![a-z\d@_-])/giu;
