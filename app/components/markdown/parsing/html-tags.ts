import type { Nodes } from "mdast";
import { safeUrl } from "./link-target";
import { MAX_DEPTH } from "./markdown-bounds";

/** Elements that are drawn if their tags have no attributes, or such as only change their looks. */
const IN_TEXT = new Set(
  "b strong i em u s del ins mark kbd sub sup small q cite dfn var samp code span".split(" "),
);
export const IN_BLOCKS: ReadonlySet<string> = new Set(["details", "summary"]);

const TAG = /^<(\/?)([a-z]+)((?:\s+[a-z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*\/?>$/i;
const LOOKS =
  /^(?:\s+(?:class|style|id|align|open|dir|lang|target|rel)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*$/i;
const HREF = /\s+href\s*=\s*(?:"([^"]*)"|'([^']*)')/i;

export type Tag = {
  name: string;
  isClosing: boolean;
  /** Of a link. */
  url?: string;
  /** Of details. */
  isOpen?: boolean;
};

/** The tag that a node is; null for other nodes, and for tags that are shown as text. */
export function tagOf(node: Nodes): Tag | null {
  if (node.type !== "html") return null;
  const [, slash, written = "", attributes = ""] = TAG.exec(node.value) ?? [];
  if (slash === undefined) return null;
  const name = written.toLowerCase();
  const isClosing = slash !== "";
  if (name === "a") {
    if (isClosing) return attributes.trim() === "" ? { name, isClosing } : null;
    const [href = "", double, single] = HREF.exec(attributes) ?? [];
    const url = safeUrl(double ?? single ?? "");
    return url !== undefined && LOOKS.test(attributes.replace(href, "")) ? { name, isClosing, url } : null;
  }
  const isDrawn = name === "br" || IN_TEXT.has(name) || IN_BLOCKS.has(name);
  return isDrawn && LOOKS.test(attributes) ? { name, isClosing, isOpen: /\sopen\b/i.test(attributes) } : null;
}

type Level<Node> = { opening: Node | null; tag: Tag | null; children: Node[] };

/**
 * Puts what is between an opening and its closing tag into an element. Tags without a partner become text, unless the
 * rest is still being written.
 */
export function nestTags<Node extends Nodes>(
  nodes: readonly Node[],
  {
    isTag,
    toElement,
    toText,
    isOpenEnded,
  }: {
    isTag: (tag: Tag) => boolean;
    toElement: (tag: Tag, children: Node[]) => Node;
    toText: (node: Node) => Node;
    isOpenEnded: boolean;
  },
): Node[] {
  const levels: Level<Node>[] = [{ opening: null, tag: null, children: [] }];
  const leave = (isClosed: boolean) => {
    const { opening, tag, children } = levels.pop()!;
    const outer = levels.at(-1)!.children;
    if (isClosed) outer.push(toElement(tag!, children));
    else outer.push(toText(opening!), ...children);
  };
  for (const node of nodes) {
    const tag = tagOf(node);
    if (!tag || !isTag(tag)) levels.at(-1)!.children.push(node);
    else if (!tag.isClosing && levels.length > MAX_DEPTH) levels.at(-1)!.children.push(toText(node));
    else if (!tag.isClosing) levels.push({ opening: node, tag, children: [] });
    else if (!levels.some((level) => level.tag?.name === tag.name))
      levels.at(-1)!.children.push(toText(node));
    else {
      while (levels.at(-1)!.tag?.name !== tag.name) leave(false);
      leave(true);
    }
  }
  while (levels.length > 1) leave(isOpenEnded);
  return levels[0]!.children;
}
