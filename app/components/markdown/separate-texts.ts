type Node = {
  type: string;
  tagName?: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
};

/** Elements whose children are separated by meaningless white space. */
const CONTAINERS = new Set(["ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr"]);

/**
 * A rehype plugin that wraps each text with siblings in a `span`. The translation of a browser replaces text nodes by
 * elements, and React throws when it moves or removes a text node that is gone; it can always replace the whole content
 * of an element.
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
