import type { Nodes } from "mdast";

/**
 * Private-use characters that stand for marks which the parser shall take for text. They keep the length of the source,
 * so that the positions of the tree are those of the text.
 */
const STAND_INS = { "|": "\uE000", "`": "\uE001", "~": "\uE002" };
const STAND_IN = /[\uE000-\uE002]/g;

type Mark = keyof typeof STAND_INS;

/** Whether marks can be hidden: a text with the private-use characters would not be restored as it was. */
export function canHideMarks(source: string): boolean {
  return source.search(STAND_IN) < 0;
}

export function hideMarks(text: string): string {
  return text.replace(/[|`~]/g, (mark) => STAND_INS[mark as Mark]);
}

/** Puts the marks back, after parsing. */
export function restoreMarks(node: Nodes): void {
  if ("value" in node) node.value = restored(node.value);
  if ("url" in node) node.url = restored(node.url);
  if ("children" in node) node.children.forEach(restoreMarks);
}

function restored(text: string): string {
  return text.replace(STAND_IN, (found) => "|`~"[found.charCodeAt(0) - 0xe000]!);
}
