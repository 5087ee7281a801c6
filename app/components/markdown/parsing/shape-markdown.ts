import type {
  BlockContent,
  Break,
  DefinitionContent,
  Html,
  Link,
  Nodes,
  Paragraph,
  PhrasingContent,
  Root,
  RootContent,
  Text,
} from "mdast";
import {
  elementFor,
  isBlockTag,
  isOfText,
  isTextTag,
  nestTags,
  spanningTags,
  tagOf,
  type Tag,
} from "./html-tags";
import { safeUrl } from "./link-target";
import { endOf, sourceOf, type AlertKind, type HtmlElement, type References } from "./parse-markdown";
import { MAIL_ADDRESS } from "./web-addresses";

type Context = {
  source: string;
  references: References;
  isGrowing: boolean;
  /** Labels of footnotes whose definitions were left out, to be shown at the end of the text. */
  leftOut?: Set<string>;
};

/**
 * Changes a parsed block to what is shown:
 * - Line ends in paragraphs are kept.
 * - The tags of harmless elements become elements; all other HTML is text.
 * - Quotes that begin with `[!NOTE]` become alerts.
 * - Text that Markdown hides is shown: definitions that no link uses, cells beyond the head of their table, and
 *   addresses that cannot be followed.
 * - Footnotes that are defined in a list, a quote or an element are left out.
 * - Headings without words, as at the moment of writing one, are left out: screen readers would announce them.
 */
export function shapeMarkdown(root: Root, context: Context): Root {
  return {
    ...root,
    children: shapeBlocks(root.children, { ...context, leftOut: new Set() }, isOpenEnded(root, context)),
  };
}

function isOpenEnded(node: Nodes, { isGrowing, source }: Context): boolean {
  return isGrowing && endOfContent(node) >= source.trimEnd().length;
}

/** The end of a node, of which elements of HTML have only that of their content. */
function endOfContent(node: Nodes): number {
  const last = node.type === "element" ? node.children.at(-1) : undefined;
  return last ? endOfContent(last) : endOf(node);
}

function shapeBlocks<Block extends RootContent>(
  nodes: readonly Block[],
  context: Context,
  isOpen: boolean,
): Block[] {
  const spanning = spanningTags(nodes, isOpen);
  const pieces = (nodes as readonly RootContent[]).flatMap((node, index) =>
    splitAtBlockTags(node, spanning, isOpen && index === nodes.length - 1),
  );
  const nested = nestTags<RootContent>(pieces, {
    isTag: (tag, node) => isBlockTag(tag) || spanning.has(node),
    toElement: ({ name, isOpen, isCentred, columns, rows, start }, children) => ({
      type: "element",
      tag: elementFor(name),
      ...{ isOpen, isCentred, columns, rows, start },
      children: isOfText(name) ? textIn(children) : children,
    }),
    toText: (node) => paragraphOf([{ type: "text", value: sourceOf(node, context.source) }]),
    isOpenEnded: isOpen,
  });
  return nested.flatMap((node) => shapeBlock(node, context)) as Block[];
}

/**
 * A paragraph in pieces: the tags of elements around and between blocks, and the text around them. But for those of `details`
 * and for rules, tags of elements between blocks are such only if the paragraph begins with one, and it or a line of it ends with one: words about HTML often have tags
 * that are not code.
 */
function splitAtBlockTags(node: RootContent, spanning: ReadonlySet<Nodes>, isOpen: boolean): RootContent[] {
  if (node.type !== "paragraph") return [node];
  const tags = node.children.map(tagOf);
  const isSplit = isMarkup(node.children, tags, isOpen) ? isBlockTag : standsAnywhere;
  const pieces: RootContent[] = [];
  let text: PhrasingContent[] = [];
  const flush = () => {
    if (text.some((each) => each.type !== "text" || each.value.trim() !== "")) {
      pieces.push({ ...node, children: withoutOuterSpace(text) });
    }
    text = [];
  };
  for (const [index, child] of node.children.entries()) {
    const tag = tags[index];
    if (tag && (isSplit(tag) || spanning.has(child))) {
      flush();
      pieces.push(child);
    } else text.push(child);
  }
  if (pieces.length === 0) return [node];
  flush();
  return pieces;
}

function standsAnywhere({ name }: Tag): boolean {
  return name === "details" || name === "summary" || name === "hr";
}

function isMarkup(
  nodes: readonly PhrasingContent[],
  tags: readonly (Tag | null)[],
  isOpen: boolean,
): boolean {
  const isClosing = (tag: Tag) => nodes.length === 1 || tag.isClosing || tag.name === "hr";
  const isAtLineEnd = (next: PhrasingContent | undefined) =>
    next === undefined || (next.type === "text" && /^[ \t]*(?:\n|$)/.test(next.value));
  const endsLine = (tag: Tag | null, index: number) =>
    tag !== null && isBlockTag(tag) && isClosing(tag) && isAtLineEnd(nodes[index + 1]);
  const [first] = tags;
  return first != null && isBlockTag(first) && (isOpen || tags.some(endsLine));
}

function withoutOuterSpace(nodes: readonly PhrasingContent[]): PhrasingContent[] {
  return nodes.map((node, index) => {
    if (node.type !== "text") return node;
    const value = index === 0 ? node.value.trimStart() : node.value;
    return { ...node, value: index === nodes.length - 1 ? value.trimEnd() : value };
  });
}

/** The content of a summary, which is a line of text. */
function textIn(blocks: readonly RootContent[]): RootContent[] {
  return blocks.flatMap((node) =>
    "children" in node && node.type !== "element" ? (node.children as RootContent[]) : [node],
  );
}

function shapeBlock(node: RootContent, context: Context): RootContent[] {
  switch (node.type) {
    case "definition": {
      const isUsed = context.references.links.has(node.identifier) && safeUrl(node.url) !== undefined;
      return isUsed
        ? []
        : [paragraphOf([{ type: "text", value: sourceOf(node, context.source) }])].flatMap((each) =>
            shapeBlock(each, context),
          );
    }
    case "heading":
      return node.children.length === 0 ? [] : [{ ...node, children: shapeText(node, context) }];
    case "paragraph":
      return [{ ...node, children: shapeText(node, context) }];
    case "table": {
      const rows = node.children.map((row) => ({
        ...row,
        children: row.children.map((cell) => ({ ...cell, children: shapeText(cell, context) })),
      }));
      return [{ ...node, children: rows }];
    }
    case "blockquote": {
      const alert = alertOf(node.children);
      const children = shapeBlocks(alert?.children ?? node.children, context, isOpenEnded(node, context));
      if (isEmptied(node.children, children) && !alert) return [];
      return [alert ? { type: "alert", kind: alert.kind, children } : { ...node, children }];
    }
    case "element":
      return shapeElement(node, context);
    case "html": {
      const name = tagOf(node)?.name;
      if (name === "col") return [];
      return [name === "hr" ? { type: "thematicBreak" } : node];
    }
    case "list": {
      const items = node.children.flatMap((item) => {
        const children = shapeBlocks(item.children, context, isOpenEnded(item, context));
        return isEmptied(item.children, children) ? [] : [{ ...item, children }];
      });
      return items.length === 0 ? [] : [{ ...node, children: items }];
    }
    case "footnoteDefinition": {
      if (context.references.innerNotes.has(node.identifier) && !context.leftOut!.has(node.identifier)) {
        context.leftOut!.add(node.identifier);
        return [];
      }
      const children = shapeBlocks(node.children, context, isOpenEnded(node, context));
      if (context.references.notes.has(node.identifier)) return [{ ...node, children }];
      // Nothing calls it: it is text.
      const mark: Text = { type: "text", value: `[^${node.label ?? node.identifier}]: ` };
      const [first, ...others] = children;
      return first?.type === "paragraph"
        ? [{ ...first, children: [mark, ...first.children] }, ...others]
        : [paragraphOf([mark]), ...children];
    }
    default:
      return [node];
  }
}

/** Whether an item or a quote had only definitions that are used, which are not shown. */
function isEmptied(before: readonly RootContent[], after: readonly RootContent[]): boolean {
  return before.length > 0 && after.length === 0 && before.every(({ type }) => /definition$/i.test(type));
}

function shapeElement(node: HtmlElement, context: Context): RootContent[] {
  if (isOfText(node.tag)) return [{ ...node, children: shapeText(node as unknown as Paragraph, context) }];
  const children = shapeBlocks(node.children as RootContent[], context, context.isGrowing);
  if (node.tag === "colgroup") return [];
  const isDrawn = node.isCentred === true || !["div", "p", "section", "article", "span"].includes(node.tag);
  return isDrawn ? [{ ...node, children }] : children;
}

const ALERT = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)?/i;

function alertOf(children: readonly (BlockContent | DefinitionContent)[]) {
  const [first, ...others] = children;
  if (first?.type !== "paragraph") return null;
  const [text, ...more] = first.children;
  const [mark, kind] = (text?.type === "text" && ALERT.exec(text.value)) || [];
  if (mark === undefined || kind === undefined) return null;
  const rest = (text as Text).value.slice(mark.length);
  const below = more[0]?.type === "break" ? more.slice(1) : more;
  const content: PhrasingContent[] = rest === "" ? below : [{ ...(text as Text), value: rest }, ...more];
  const paragraph = content.length === 0 ? [] : [{ ...first, children: content }];
  return { kind: kind.toLowerCase() as AlertKind, children: [...paragraph, ...others] };
}

function paragraphOf(children: PhrasingContent[]): Paragraph {
  return { type: "paragraph", children };
}

type TextParent = Nodes & { children: readonly PhrasingContent[] };

function shapeText(parent: TextParent, context: Context, isInLink = false): PhrasingContent[] {
  const nested = nestTags<PhrasingContent>(parent.children, {
    isTag: (tag) => isTextTag(tag, parent.type === "tableCell"),
    toElement: elementOf,
    toText: ({ ...node }) => ({ type: "text", value: sourceOf(node, context.source) }),
    isOpenEnded: isOpenEnded(parent, context),
  });
  return nested.flatMap((node, index) =>
    shapeInline(withoutSecondBreak(node, nested[index - 1]), context, isInLink),
  );
}

function elementOf({ name, url }: Tag, children: PhrasingContent[]): PhrasingContent {
  if (url !== undefined && url !== "") return { type: "link", url, title: null, children };
  const isList = name === "ul" || name === "ol";
  const items = children.filter((child) => child.type !== "text" || child.value.trim() !== "");
  return {
    type: "element",
    tag: name === "a" ? "span" : elementFor(name),
    children: isList ? items : children,
  };
}

/** A `<br>` at the end of a line is one line end, not two. */
function withoutSecondBreak(node: PhrasingContent, before: PhrasingContent | undefined): PhrasingContent {
  if (node.type !== "text" || !before || tagOf(before)?.name !== "br") return node;
  return { ...node, value: node.value.replace(/^\n/, "") };
}

function shapeTag(node: Html): PhrasingContent {
  const tag = tagOf(node);
  if (tag?.name === "br") return { type: "break" };
  if (tag?.name === "wbr" || tag?.name === "hr") return { type: "element", tag: tag.name, children: [] };
  if (tag?.name === "img") return { type: "image", url: tag.url!, alt: tag.alt! };
  return { type: "text", value: node.value };
}

function shapeInline(node: PhrasingContent, context: Context, isInLink: boolean): PhrasingContent[] {
  switch (node.type) {
    case "text":
      return shapeWords(node, isInLink);
    case "html":
      return [shapeTag(node)];
    case "address": {
      const text: Text = { type: "text", value: node.value.replace(/\\(?=[_*~])/g, "") };
      const url = /^www\./i.test(text.value) ? `http://${text.value}` : text.value;
      return isInLink || safeUrl(url) === undefined
        ? [text]
        : [{ type: "link", url, title: null, children: [text] }];
    }
    case "link":
      return shapeLink(node, context, isInLink);
    case "linkReference": {
      const target = context.references.links.get(node.identifier);
      const text = sourceOf(node, context.source);
      if (!target) return shapeWords({ type: "text", value: text }, isInLink);
      return shapeLink({ ...node, type: "link", ...target }, context, isInLink);
    }
    case "imageReference": {
      const target = context.references.links.get(node.identifier);
      if (!target) return [{ type: "text", value: sourceOf(node, context.source) }];
      return [{ type: "image", alt: node.alt ?? "", ...target }];
    }
    case "emphasis":
    case "strong":
    case "delete":
    case "element":
      return [{ ...node, children: shapeText(node as TextParent, context, isInLink) } as PhrasingContent];
    default:
      return [node];
  }
}

/**
 * An address that cannot be followed is shown as it is written. An image is a button until it is loaded, and a button
 * cannot be in a link, so it is moved before the link.
 */
function shapeLink(link: Link, context: Context, isInLink: boolean): PhrasingContent[] {
  if (safeUrl(link.url) === undefined) {
    return shapeWords({ type: "text", value: sourceOf(link, context.source) }, true);
  }
  const children = shapeText(link, context, true);
  if (isInLink) return children;
  const images = children.filter(({ type }) => type === "image");
  return [...images, { ...link, children: children.filter(({ type }) => type !== "image") }];
}

/** Text with its line ends and mail addresses. */
function shapeWords({ value }: Text, isInLink: boolean): PhrasingContent[] {
  const lines = value.split("\n").map((line) => (isInLink ? [wordsOf(line)] : withMailAddresses(line)));
  return lines.flatMap((line, index): PhrasingContent[] => {
    const lineEnd: Break[] = index === 0 ? [] : [{ type: "break" }];
    return [...lineEnd, ...line.filter((each) => each.type !== "text" || each.value !== "")];
  });
}

function withMailAddresses(line: string): PhrasingContent[] {
  if (!line.includes("@")) return [wordsOf(line)];
  const pieces: PhrasingContent[] = [];
  let end = 0;
  for (const { 0: address, index } of line.matchAll(MAIL_ADDRESS)) {
    pieces.push(wordsOf(line.slice(end, index)));
    const url = `mailto:${address.replace(/^mailto:/i, "")}`;
    pieces.push({ type: "link", url, title: null, children: [wordsOf(address)] });
    end = index + address.length;
  }
  return [...pieces, wordsOf(line.slice(end))];
}

function wordsOf(value: string): Text {
  return { type: "text", value };
}
