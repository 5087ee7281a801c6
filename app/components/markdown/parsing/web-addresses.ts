/**
 * The end of a web address that is written without brackets and begins at `at`; null if none does. As in GFM, with
 * three differences: it ends at the first bracket that is not its own, at invisible characters and the punctuation of
 * other scripts than Latin, and where Chinese, Japanese or Korean text follows, which has no spaces around addresses.
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
/**
 * Also ends at marks of Markdown that an address would not have. An escaped mark belongs to it. The middle dot and the
 * Hebrew marks stand within words.
 */
const UP_TO_SPACE =
  /^(?:\\[_*~]|(?!\*\*|~~)(?:[!#%&'*,./:;?@·״׳]|(?!\p{Po})[^\s<>"`|\\—―“”‘’«»\p{Bidi_Control}\u200B\u2060\uFEFF\u3000-\u303F\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]))*/u;
const HOST =
  /^(?:[^\s/?#@]*@)?(?:\[[\da-f:]+\]|[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*\.?)(?::\d*)?$/iu;

const CJK = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]`;
/**
 * A CJK letter after a Latin one or a digit, or after the slash that ends the host, begins the text behind an address.
 * After another slash or mark, or in a host with such letters, it is part of the address, as in `/wiki/東京`.
 */
const CJK_BEGINS = new RegExp(String.raw`(?<=[A-Za-z0-9)])${CJK}|(?<=^[!-.0-~]*\/)${CJK}`, "u");

const CLOSING = { "(": ")", "[": "]", "{": "}" };

/** The length up to the first closing bracket without an opening one. */
function balancedLength(text: string): number {
  const open: string[] = [];
  for (const { 0: mark, index } of text.matchAll(/[()[\]{}]/g)) {
    if (mark in CLOSING) open.push(CLOSING[mark as keyof typeof CLOSING]);
    else if (open.pop() !== mark) return index;
  }
  return text.length;
}

function withoutTrail(text: string): string {
  return text.replace(/(?:&[a-z\d]+;|[?!.,:;*_~'–])+$/i, "");
}

/** Matches mail addresses. CJK letters may stand before them, and after them no path, as of a file on another machine. */
export const MAIL_ADDRESS = new RegExp(
  String.raw`(?<!(?!${CJK})[\p{L}\p{N}.+_/@-])(?:mailto:)?[a-z\d][a-z\d.+_-]*@(?:[a-z\d_-]+\.)+[a-z\d-]*[a-z](?![a-z\d@_-]|:[\w/~.])`,
  "giu",
);
