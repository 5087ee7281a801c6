import type { Nodes } from "mdast";

type Direction = "ltr" | "rtl";

const WORD = /[\p{L}\p{M}][\p{L}\p{M}\p{N}.'’_-]*/gu;
const IS_RTL = /^[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * The direction of at least half of the words of a text, code, formulas and addresses excluded; undefined without words.
 * Not of its letters: the foreign names in an Arabic text are often longer than its words.
 */
export function directionOf(node: Nodes): Direction | undefined {
  const { rtl, ltr } = wordsOf(node);
  if (rtl + ltr === 0) return undefined;
  return rtl >= ltr ? "rtl" : "ltr";
}

/**
 * The direction of a paragraph in `outer`, a list or quote: that of `outer` if it has any word of that direction, so
 * that one that begins with a foreign name stands with the others. Undefined if all its words have one direction,
 * which the browser finds by itself.
 */
export function directionIn(node: Nodes, outer: Direction | undefined): Direction | undefined {
  const { rtl, ltr } = wordsOf(node);
  if (rtl === 0 || ltr === 0) return undefined;
  return outer ?? (rtl >= ltr ? "rtl" : "ltr");
}

function wordsOf(node: Nodes): { rtl: number; ltr: number } {
  if (node.type === "text") {
    const words = node.value.match(WORD) ?? [];
    const rtl = words.filter((word) => IS_RTL.test(word)).length;
    return { rtl, ltr: words.length - rtl };
  }
  const sum = { rtl: 0, ltr: 0 };
  for (const child of "children" in node ? node.children : []) {
    const { rtl, ltr } = wordsOf(child);
    sum.rtl += rtl;
    sum.ltr += ltr;
  }
  return sum;
}
