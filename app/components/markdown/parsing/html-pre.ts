import { decodeEntities } from "~/conversation/files/decode-entities";
import { isTextTag, tagOf } from "./html-tags";

/** More than a model writes in one element, and few enough that many open ones take no square of their number. */
const MAX_LENGTH = 20_000;
const OPENING = /<pre(?:\s[^<>\n]*)?>/iy;
const CLOSING = /<\/pre\s*>/i;

/** The end of a `<pre>` element that begins at `at`; null if there is none. While it grows, an open one has no end yet. */
export function preEnd(source: string, at: number, isGrowing: boolean): number | null {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(source);
  if (!opening) return null;
  const text = source.slice(at, at + MAX_LENGTH);
  const closing = CLOSING.exec(text);
  if (closing) return at + closing.index + closing[0].length;
  return isGrowing && text.length < MAX_LENGTH ? source.trimEnd().length : null;
}

/** The text of a `<pre>` element, as a browser shows it, and its language. */
export function readPre(source: string): { code: string; language: string | null } {
  const [, opening = "", inside = ""] = /^(<pre[^>]*>(?:\s*<code[^>]*>)?)([^]*)$/i.exec(source) ?? [];
  const text = inside
    .replace(CLOSING, "")
    .replace(/<br\s*\/?>/gi, "\n")
    .replace(/<[^<>\n]*>/g, (tag) => (isDrawnTag(tag) ? "" : tag))
    .replace(/^[ \t]*\n|\n[ \t]*$/g, "");
  const [, language] = /\b(?:lang|language)[-="]+([\w+#-]+)/i.exec(opening) ?? [];
  return { code: decodeEntities(text), language: language ?? null };
}

function isDrawnTag(value: string): boolean {
  const tag = tagOf({ type: "html", value });
  return tag !== null && isTextTag(tag, false);
}
