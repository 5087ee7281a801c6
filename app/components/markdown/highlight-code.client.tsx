import { common, createLowlight } from "lowlight";
import type { ReactNode } from "react";

const lowlight = createLowlight(common);

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** The code with its words marked by kind. Null for a language that we do not know. */
export function highlightCode(code: string, language: string): ReactNode {
  if (!lowlight.registered(language)) return null;
  return lowlight.highlight(language, code).children.map(toReact);
}

/** Spans and text are all that a highlighter makes. Each text has an element of its own: see `separateTexts`. */
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
