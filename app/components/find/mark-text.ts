import { comparable, placesOf } from "~/browser/conversations/find-hits";
import { fold } from "~/browser/conversations/matching";

/** Elements whose text is no part of a message: buttons, labels, and text for screen readers alone. */
const NOT_TEXT =
  "button, figcaption, summary:not(.prose summary), svg, .katex-mathml, .visually-hidden, .tools, .message__foot";
const BLOCKS = "p, li, pre, summary, td, th, h1, h2, h3, h4, h5, h6, blockquote, div, article";

/** The ranges of a query in a drawn element, in reading order. Words may be split over several elements. */
export function rangesOf(root: Element, query: string): Range[] {
  const wanted = comparable(query).trim();
  if (wanted === "") return [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** The comparable text so far, and where each of its characters is. */
  let text = "";
  const places: { node: Text; start: number; end: number }[] = [];
  const add = (folded: string, node: Text, start: number, end: number) => {
    text += folded;
    for (let index = 0; index < folded.length; index++) places.push({ node, start, end });
  };
  let block: Element | null = null;
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const parent = node.parentElement!;
    if (parent.closest(NOT_TEXT)) continue;
    // A place is not found across two paragraphs.
    const own = parent.closest(BLOCKS);
    if (own !== block) add("\n", node, 0, 0);
    block = own;
    let start = 0;
    for (const character of node.data) {
      const end = start + character.length;
      const isSpace = /\s/.test(character);
      if (!isSpace) add(fold(character), node, start, end);
      else if (!/\s$/.test(text)) add(" ", node, start, end);
      start = end;
    }
  }
  return placesOf(text, wanted).map((at) => {
    const [first, last] = [places[at]!, places[at + wanted.length - 1]!];
    const range = document.createRange();
    range.setStart(first.node, first.start);
    range.setEnd(last.node, last.end);
    return range;
  });
}
