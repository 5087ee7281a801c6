import type { Nodes } from "mdast";

type Direction = "ltr" | "rtl";

const RTL_LETTER = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu;
const LETTER = /\p{L}/gu;

/** The direction of at least half of the letters of a text, code, formulas and addresses excluded; undefined without letters. */
export function directionOf(node: Nodes): Direction | undefined {
  const { rtl, ltr } = lettersOf(node);
  if (rtl + ltr === 0) return undefined;
  return rtl >= ltr ? "rtl" : "ltr";
}

/**
 * The direction of a paragraph in `outer`, a list or quote: that of `outer` if it has any letter of that direction, so
 * that one that begins with a foreign name stands with the others. Undefined if all its letters have one direction,
 * which the browser finds by itself.
 */
export function directionIn(node: Nodes, outer: Direction | undefined): Direction | undefined {
  const { rtl, ltr } = lettersOf(node);
  if (rtl === 0 || ltr === 0) return undefined;
  return outer ?? (rtl >= ltr ? "rtl" : "ltr");
}

function lettersOf(node: Nodes): { rtl: number; ltr: number } {
  if (node.type === "text") {
    const rtl = node.value.match(RTL_LETTER)?.length ?? 0;
    return {
      rtl,
      ltr: rtl === 0 && !/\p{L}/u.test(node.value) ? 0 : (node.value.match(LETTER)?.length ?? 0) - rtl,
    };
  }
  const sum = { rtl: 0, ltr: 0 };
  for (const child of "children" in node ? node.children : []) {
    const { rtl, ltr } = lettersOf(child);
    sum.rtl += rtl;
    sum.ltr += ltr;
  }
  return sum;
}
