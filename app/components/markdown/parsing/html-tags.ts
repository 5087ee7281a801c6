import type { Nodes } from "mdast";
import { imageHost, safeUrl } from "./link-target";
import { MAX_DEPTH } from "./markdown-bounds";

/** Elements that are drawn in text, as the element that HTML has for them today. */
const IN_TEXT = new Map([
  ..."b strong i em u s del ins mark kbd sub sup small q cite dfn var samp code span abbr bdi ruby rb rt rp"
    .split(" ")
    .map((name) => [name, name] as const),
  ...([
    ["strike", "s"],
    ["tt", "code"],
    ["pre", "code"],
    ["big", "span"],
    ["font", "span"],
  ] as const),
]);
/** Elements that models write around blocks, as a part of a pattern; `<details>` is found by patterns of its own. */
export const AROUND_BLOCKS = "div|section|article|p|center|blockquote|figure|ul|ol|dl|table";
/** Elements between blocks: their tags stand on lines of their own, or around a whole paragraph. */
const IN_BLOCKS = new Set(
  "details summary div section article p center blockquote figure figcaption ul ol li dl dt dd h1 h2 h3 h4 h5 h6 hr table caption colgroup col thead tbody tfoot tr th td".split(
    " ",
  ),
);
/** Elements in the cells of tables. */
const LISTS = new Set(["ul", "ol", "li"]);
const ALONE = new Set(["br", "wbr", "hr", "img", "col"]);

const TAG = /^<(\/?)([a-z]+[1-6]?)((?:\s+[a-z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*\/?>$/i;
const ATTRIBUTE = /\s+([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/gi;

export type Tag = {
  name: string;
  isClosing: boolean;
  /** Of a link or an image. */
  url?: string;
  /** Of an image. */
  alt?: string;
  /** Of details. */
  isOpen: boolean;
  isCentred: boolean;
  /** Of a cell. */
  columns: number | undefined;
  rows: number | undefined;
  /** Of a list: the number of its first item. */
  start: number | undefined;
};

/**
 * The tag that a node is; null for other nodes, and for tags that are shown as text: those of other elements, with scripts, and with
 * addresses that cannot be followed.
 */
export function tagOf(node: Nodes): Tag | null {
  if (node.type !== "html") return null;
  const [, slash, written = "", inside = ""] = TAG.exec(node.value) ?? [];
  if (slash === undefined) return null;
  const attributes = new Map(
    [...inside.matchAll(ATTRIBUTE)].map(([, name, ...values]) => [
      name!.toLowerCase(),
      values.find((value) => value !== undefined) ?? "",
    ]),
  );
  if ([...attributes.keys()].some((name) => name.startsWith("on"))) return null;
  const name = written.toLowerCase();
  const isCentred = name === "center" || attributes.get("align")?.toLowerCase() === "center";
  const tag: Tag = {
    name,
    isClosing: slash !== "",
    isOpen: attributes.has("open"),
    isCentred,
    columns: numberIn(attributes.get("colspan")),
    rows: numberIn(attributes.get("rowspan")),
    start: numberIn(attributes.get("start")),
  };
  if (name === "a" && !tag.isClosing) {
    const url = attributes.get("href");
    if (url === undefined) return { ...tag, url: "" };
    return safeUrl(url) === undefined ? null : { ...tag, url };
  }
  if (name === "img") {
    const url = attributes.get("src") ?? "";
    return imageHost(url) === null ? null : { ...tag, url, alt: attributes.get("alt") ?? "" };
  }
  const isDrawn = name === "a" || ALONE.has(name) || IN_TEXT.has(name) || IN_BLOCKS.has(name);
  return isDrawn ? tag : null;
}

/** Cells that a cell of a table covers, or the number of an item. */
function numberIn(written: string | undefined): number | undefined {
  return written !== undefined && /^[1-9]\d?$/.test(written) ? Number(written) : undefined;
}

/** Whether a tag is that of an element between blocks. */
export function isBlockTag({ name }: Tag): boolean {
  return IN_BLOCKS.has(name);
}

/** Whether an element between blocks has text, not blocks. */
export function isOfText(name: string): boolean {
  return name === "summary" || /^h[1-6]$/.test(name);
}

/** Whether a tag opens or closes an element in text, or in a cell of a table. */
export function isTextTag({ name }: Tag, isInCell: boolean): boolean {
  return name === "a" || IN_TEXT.has(name) || (isInCell && LISTS.has(name));
}

/** The names of the elements in text that may also stand around paragraphs, as a part of a pattern. */
export const AROUND_PARAGRAPHS =
  "b|strong|i|em|u|s|del|ins|mark|sub|sup|small|strike|big|font|span|cite|q|samp|tt";
const SPANNING = new Set(AROUND_PARAGRAPHS.split("|"));

/**
 * The tags of elements in text that begin at the beginning of one paragraph and end at the end of a later one. With
 * `isOpenEnded`, the end of one that has several paragraphs may still come.
 */
export function spanningTags(blocks: readonly Nodes[], isOpenEnded: boolean): ReadonlySet<Nodes> {
  const spanning = new Set<Nodes>();
  const open: { node: Nodes; name: string; block: Nodes }[] = [];
  for (const block of blocks) {
    if (block.type !== "paragraph") continue;
    const { opening, closing } = outerTags(block.children);
    for (const { node, name } of closing) {
      const at = open.findLastIndex((each) => each.name === name);
      if (at < 0) continue;
      spanning.add(node).add(open[at]!.node);
      open.length = at;
    }
    open.push(...opening.map((each) => ({ ...each, block })));
  }
  for (const { node, block } of isOpenEnded ? open : []) if (block !== blocks.at(-1)) spanning.add(node);
  return spanning;
}

/** The tags without a partner in a paragraph that it begins and ends with. */
function outerTags(nodes: readonly Nodes[]) {
  const inside: { node: Nodes; name: string; index: number; isClosing: boolean }[] = [];
  for (const [index, node] of nodes.entries()) {
    const { name, isClosing } = tagOf(node) ?? { name: "", isClosing: false };
    if (!SPANNING.has(name)) continue;
    const last = inside.at(-1);
    if (isClosing && last?.name === name && !last.isClosing) inside.pop();
    else inside.push({ node, name, index, isClosing });
  }
  const end = nodes.findLastIndex((node) => node.type !== "text" || node.value.trim() !== "");
  const opening = inside.filter(({ index, isClosing }, place) => !isClosing && index === place);
  const closing = inside.filter(
    ({ index, isClosing }, place) => isClosing && end - index === inside.length - 1 - place,
  );
  return { opening, closing };
}

/** The name of the element that is drawn for a tag in text. */
export function elementFor(name: string): string {
  return IN_TEXT.get(name) ?? name;
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
    isTag: (tag: Tag, node: Node) => boolean;
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
    if (!tag || ALONE.has(tag.name) || !isTag(tag, node)) {
      levels.at(-1)!.children.push(node);
      continue;
    }
    if (!tag.isClosing && tag.name === "li" && levels.at(-1)!.tag?.name === "li") leave(true);
    if (!tag.isClosing && levels.length > MAX_DEPTH) levels.at(-1)!.children.push(toText(node));
    else if (!tag.isClosing) levels.push({ opening: node, tag, children: [] });
    else if (!levels.some((level) => level.tag?.name === tag.name))
      levels.at(-1)!.children.push(toText(node));
    else {
      while (levels.at(-1)!.tag?.name !== tag.name) leave(levels.at(-1)!.tag?.name === "li");
      leave(true);
    }
  }
  while (levels.length > 1) leave(isOpenEnded);
  return levels[0]!.children;
}
