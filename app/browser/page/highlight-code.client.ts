import { common, createLowlight } from "lowlight";
import type { ReactNode } from "react";

const lowlight = createLowlight(common);

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** The highlighted code. Null for an unknown language. */
export function highlightCode(code: string, language: string): ReactNode {
  if (!lowlight.registered(language)) return null;
  return lowlight.highlight(language, code).children.map(toReact);
}

/** Highlighters produce only spans and texts. Each text is wrapped in an element: see `separateTexts`. */
function toReact(node: Node, index: number): ReactNode {
  if (node.type === "text") return <span key={index}>{node.value}</span>;
  if (node.type !== "element") return null;
  const { className } = node.properties;
  return (
    <span key={index} className={Array.isArray(className) ? className.join(" ") : undefined}>
      {node.children.length === 1 && node.children[0]?.type === "text"
        ? node.children[0].value
        : node.children.map(toReact)}
    </span>
  );
}
