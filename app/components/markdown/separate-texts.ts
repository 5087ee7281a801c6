type Node = {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
};

/** Elements between whose children white space means nothing. */
const CONTAINERS = new Set(["ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr"]);

/**
 * A rehype plugin that leaves each text alone in its element: one that has siblings gets a `span` of its own. A
 * browser's translation replaces texts by elements of its own, and React throws where it moves or removes a text
 * that it does not find any more, while it can always replace all that an element holds.
 */
export function separateTexts() {
  return (tree: unknown) => separate(tree as Node);
}

function separate(node: Node): void {
  if (!node.children || node.tagName === "pre") return;
  const isContainer = node.type === "root" || CONTAINERS.has(node.tagName ?? "");
  const children = isContainer
    ? node.children.filter(({ type, value }) => type !== "text" || (value ?? "").trim() !== "")
    : node.children;
  const isAlone = children.length === 1;
  node.children = children.map((child) => {
    if (child.type !== "text" || isAlone) {
      separate(child);
      return child;
    }
    return { type: "element", tagName: "span", properties: {}, children: [child] };
  });
}
