import { common, createLowlight } from "lowlight";
import type { HighlightedNode } from "./code-highlighter";

const lowlight = createLowlight(common);

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** Elements of highlighted code. More, such as one for each of 60,000 brackets, would block the page's layout. */
const MAX_ELEMENTS = 10_000;
const MAX_DEPTH = 100;

/** The highlighted code; null for an unknown language, and for code with too many or too deeply nested elements. */
export function highlightCode(code: string, language: string): HighlightedNode[] | null {
  if (!lowlight.registered(language)) return null;
  let elements = 0;

  function plain(node: Node, depth: number): HighlightedNode[] {
    if (node.type === "text") return [node.value];
    if (node.type !== "element") return [];
    elements += 1;
    if (elements > MAX_ELEMENTS || depth > MAX_DEPTH) throw new Error("Too many elements.");
    const { className } = node.properties;
    return [
      {
        className: Array.isArray(className) ? className.join(" ") : "",
        children: node.children.flatMap((child) => plain(child, depth + 1)),
      },
    ];
  }

  try {
    return lowlight.highlight(language, code).children.flatMap((node) => plain(node, 0));
  } catch {
    return null;
  }
}
