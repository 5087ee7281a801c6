import type { FootnoteDefinition, Nodes, Root, RootContent } from "mdast";
import { safeUrl } from "./link-target";
import {
  hasTooManyParagraphs,
  isHostile,
  isBlockBeyondBounds,
  marksIn,
  MAX_BLOCKS,
  MAX_PARSED_BLOCKS,
  MAX_TEXT_LENGTH,
  isTextBeyondBounds,
} from "./markdown-bounds";
import { fenceEnd, openedFence } from "./markdown-fences";
import { AROUND_BLOCKS, AROUND_PARAGRAPHS, tagOf, type Tag } from "./html-tags";
import { endOf, parseBlocks, parseMarkdown, startOf } from "./parse-markdown";

export type LinkDefinition = { identifier: string; url: string; title: string | null };

export type MarkdownBlock = {
  source: string;
  /** Index of the source in the text. */
  start: number;
  /** A block beyond the bounds is not parsed. */
  kind: "fence" | "markdown" | "beyondBounds";
  /** The definitions of links in it that have a usable address. */
  definitions: readonly LinkDefinition[];
  /** The label of the footnote that it defines, in the form in which labels are compared. */
  note: string | null;
  /** Labels of footnotes whose definitions are in a list, a quote or an element. */
  innerNotes: readonly string[];
  /** Number of marks, outside fences. */
  marks: number;
};

/**
 * Cuts a text into its top-level blocks, so that only the last one is parsed again while the text grows: the others are
 * the same objects, and their meaning no longer changes. Null if the text is too long to be parsed.
 *
 * A text that no longer grows is cut once more as a whole, so that it is shown as by a page that has only seen its end,
 * also where micromark reads a line by what stands before it. Equal blocks stay the same objects.
 */
export function createBlockSplitter() {
  let lastText = "";
  let lastBlocks: readonly MarkdownBlock[] | null = [];
  let wasGrowing = true;

  return function split(text: string, isGrowing: boolean): readonly MarkdownBlock[] | null {
    if (text === lastText && isGrowing === wasGrowing) return lastBlocks;
    wasGrowing = isGrowing;
    const isSequel = text.startsWith(lastText);
    if (isSequel && isGrowing && lastBlocks === null) return null;
    const known = lastBlocks ?? [];
    // A text becomes shorter where its last characters turn out to begin what is held back.
    const isKept = isGrowing && (isSequel || lastText.startsWith(text));
    const kept = isKept ? finished(known.filter(({ start }) => start < text.length)) : [];
    const from = isKept ? (known[kept.length]?.start ?? 0) : 0;
    const added = blocksFrom(text, from, isGrowing);
    const blocks = added && [
      ...kept,
      ...added.map((each, index) => equalTo(each, known[kept.length + index])),
    ];
    lastText = text;
    lastBlocks = blocks && isTextBeyondBounds(blocks) ? null : blocks;
    return lastBlocks;
  };
}

function equalTo(block: MarkdownBlock, known: MarkdownBlock | undefined): MarkdownBlock {
  // The source first: that of the last block has grown, and need not be written out to see it.
  return known?.source === block.source && JSON.stringify(known) === JSON.stringify(block) ? known : block;
}

/**
 * Without the last block, and the one before a block that may turn out to be a line of it: an open formula or element, or
 * marks, as of `**bold**` below a quotation, which first look like an empty item.
 */
function finished(blocks: readonly MarkdownBlock[]): readonly MarkdownBlock[] {
  const last = blocks.at(-1)?.source ?? "";
  return blocks.slice(0, SPAN_LINE.test(last) || MARKS_ALONE.test(last) ? -2 : -1);
}

const MARKS_ALONE = /^[^\p{L}\p{N}\n]{1,9}$/u;

/** Fences at the beginning of a line are found without a parser: they may have thousands of lines and still grow. */
function blocksFrom(text: string, from: number, isGrowing: boolean): MarkdownBlock[] | null {
  const blocks: MarkdownBlock[] = [];
  let start = from;
  let parsedLength = 0;
  let fewestBlocks = 0;
  const parseTo = (end: number) => {
    const isLast = end === text.length;
    const source = isLast ? text.slice(start) : text.slice(start, end).trimEnd();
    parsedLength += source.length;
    fewestBlocks += source.match(CUT)?.length ?? 0;
    if (parsedLength > MAX_TEXT_LENGTH || fewestBlocks > MAX_PARSED_BLOCKS) return false;
    blocks.push(...parsedBlocks(source, start, isGrowing && isLast));
    return blocks.length <= MAX_BLOCKS;
  };
  for (let at = from; at < text.length; at = nextLine(text, at)) {
    const fence = openedFence(text, at);
    if (!fence) continue;
    if (!parseTo(at)) return null;
    const outer = openIndentedFence(text, blocks.at(-1), isGrowing);
    if (outer) blocks.pop();
    const { begin, end, kind } = outer ?? { begin: at, end: fenceEnd(text, fence, isGrowing), kind: "fence" };
    blocks.push(block(text.slice(begin, end), begin, kind));
    start = Math.min(text.length, end + 1);
    at = end;
  }
  return parseTo(text.length) ? joinElements(blocks, text, isGrowing) : null;
}

/** The extent of a last block that is an indented fence without its end, to which the fence behind it belongs. */
function openIndentedFence(text: string, last: MarkdownBlock | undefined, isGrowing: boolean) {
  const [indent] = (last?.kind === "markdown" && /^ {1,3}(?=```|~~~)/.exec(last.source)) || [];
  const fence = last && indent !== undefined ? openedFence(text, last.start + indent.length) : null;
  if (!last || !fence) return null;
  const end = fenceEnd(text, fence, isGrowing);
  const isOpen = end > last.start + last.source.length;
  return isOpen ? { begin: last.start, end, kind: "markdown" as const } : null;
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

function block(source: string, start: number, kind: MarkdownBlock["kind"]): MarkdownBlock {
  return {
    source,
    start,
    kind,
    definitions: [],
    note: null,
    innerNotes: [],
    marks: kind === "markdown" ? marksIn(source) : 0,
  };
}

function parsedBlocks(source: string, offset: number, isGrowing: boolean): MarkdownBlock[] {
  if (source.trim() === "") return [];
  if (isHostile(source)) return hostileBlocks(source, offset, isGrowing);
  const pieces = piecesOf(source);
  return pieces.flatMap((from, index) => {
    const to = pieces[index + 1] ?? source.length;
    const piece = source.slice(from, to);
    if (hasTooManyParagraphs(piece)) return [block(piece.trimEnd(), offset + from, "beyondBounds")];
    return blocksOf(piece, offset + from, isGrowing && to === source.length);
  });
}

/** Length from which a text is parsed in pieces: micromark takes the square of the number of lists and quotes. */
const MIN_PIECE_LENGTH = 4_000;
/** After a blank line: a paragraph, heading, quote or footnote, which is in no other block. */
const CUT = /\n[ \t]*\n(?=[\p{L}#>]|\[\^)/gu;
/** Matches a line that may begin a formula or `<pre>` element, which may have blank lines. */
const SPAN_LINE = /^[ \t>]*(?:\$\$|\\\[|\\begin|<pre)/im;

/** Where pieces of a text begin that can be parsed each on its own. */
function piecesOf(source: string): number[] {
  const starts = [0];
  let seen = 0;
  for (const { 0: cut, index } of source.matchAll(CUT)) {
    const to = index + cut.length;
    if (SPAN_LINE.test(source.slice(seen, to))) break;
    seen = to;
    if (to - starts.at(-1)! >= MIN_PIECE_LENGTH) starts.push(to);
  }
  return starts;
}

function blocksOf(source: string, offset: number, isGrowing: boolean): MarkdownBlock[] {
  return nodesByLines(parseBlocks(source, isGrowing), source).flatMap(({ nodes, start, end }) => {
    const cut = source.slice(start, end);
    if (/^[ \t\n]*$/.test(cut)) return [];
    const [first] = nodes;
    return {
      ...block(cut, offset + start, isBlockBeyondBounds(cut) ? "beyondBounds" : "markdown"),
      definitions: nodes.flatMap(definitionsIn),
      note: first?.type === "footnoteDefinition" ? first.identifier : null,
      innerNotes: cut.includes("[^") ? nodes.flatMap(notesWithin).map(({ identifier }) => identifier) : [],
    };
  });
}

/** The nodes of a tree, those that share a line together: a formula and what follows it, a definition above a heading. */
function nodesByLines({ children }: Root, source: string) {
  const groups: { nodes: RootContent[]; start: number; end: number }[] = [];
  for (const node of children) {
    const line = source.lastIndexOf("\n", startOf(node) - 1) + 1;
    const last = groups.at(-1);
    // An indented line below a definition would be code if it stood alone.
    const isBelowDefinition = last?.nodes.at(-1)?.type === "definition" && line === last.end + 1;
    if (last && (line < last.end || (isBelowDefinition && node.type === "paragraph"))) {
      last.nodes.push(node);
      last.end = endOf(node);
    } else groups.push({ nodes: [node], start: line, end: endOf(node) });
  }
  return groups;
}

/** Cuts a text at its blank lines, without a parser, to keep what can be parsed. */
function hostileBlocks(source: string, offset: number, isGrowing: boolean): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  for (const { 0: piece, index } of source.matchAll(/[^\n][^]*?(?=\n[ \t]*\n|$(?![^]))/g)) {
    if (piece.trim() === "") continue;
    if (isHostile(piece)) blocks.push(block(piece, offset + index, "beyondBounds"));
    else
      blocks.push(
        ...parsedBlocks(piece, offset + index, isGrowing && index + piece.length === source.length),
      );
  }
  return blocks;
}

function definitionsIn(node: Nodes): readonly LinkDefinition[] {
  if (node.type === "definition") {
    const { identifier, url, title } = node;
    return safeUrl(url) === undefined ? [] : [{ identifier, url, title: title ?? null }];
  }
  return "children" in node ? node.children.flatMap(definitionsIn) : [];
}

/** The footnotes that are defined within a node, in reading order. */
export function notesWithin(node: Nodes): FootnoteDefinition[] {
  const children: readonly Nodes[] = "children" in node ? node.children : [];
  return children.flatMap((child) => [
    ...(child.type === "footnoteDefinition" ? [child] : []),
    ...notesWithin(child),
  ]);
}

/** Matches the tag of an element between blocks on a line of its own, or of one in text that a block begins with. */
const OPENS_ELEMENT = new RegExp(
  String.raw`^ {0,3}<(details|${AROUND_BLOCKS})(?:\s[^>\n]*)?>[ \t]*(?:$|<summary)|^(?<!\n) {0,3}<(${AROUND_PARAGRAPHS})(?:\s[^>\n]*)?>`,
  "im",
);

/** Joins the blocks between the tags of an element. */
function joinElements(blocks: readonly MarkdownBlock[], text: string, isGrowing: boolean): MarkdownBlock[] {
  const joined: MarkdownBlock[] = [];
  const tagsIn = createTagFinder();
  for (let index = 0; index < blocks.length; index++) {
    const first = blocks[index]!;
    const [, outer, inText] = (first.kind === "markdown" && OPENS_ELEMENT.exec(first.source)) || [];
    const name = outer ?? inText;
    const last =
      name === undefined ? index : lastOfElement(name.toLowerCase(), blocks, index, { tagsIn, isGrowing });
    if (last === index) {
      joined.push(first);
      continue;
    }
    const end = blocks[last]!.start + blocks[last]!.source.length;
    const source = text.slice(first.start, end);
    const within = blocks.slice(index, last + 1);
    joined.push({
      ...block(source, first.start, isBlockBeyondBounds(source) ? "beyondBounds" : "markdown"),
      definitions: within.flatMap(({ definitions }) => definitions),
      innerNotes: within.flatMap(({ note, innerNotes }) =>
        note === null ? innerNotes : [note, ...innerNotes],
      ),
    });
    index = last;
  }
  return joined;
}

/** Index of the block with the closing tag. Without one, a growing element reaches to the end. */
function lastOfElement(
  name: string,
  blocks: readonly MarkdownBlock[],
  first: number,
  { tagsIn, isGrowing }: { tagsIn: (block: MarkdownBlock) => readonly Tag[]; isGrowing: boolean },
): number {
  let depth = 0;
  for (let index = first; index < blocks.length; index++) {
    for (const tag of tagsIn(blocks[index]!)) if (tag.name === name) depth += tag.isClosing ? -1 : 1;
    if (depth <= 0) return index;
  }
  return isGrowing ? blocks.length - 1 : first;
}

/**
 * Finds the tags of elements that are neither in code nor in lists and quotes. Each block is parsed once, since many tags
 * without a partner look through all that follow.
 */
function createTagFinder() {
  const known = new Map<MarkdownBlock, readonly Tag[]>();
  return function tagsIn(block: MarkdownBlock): readonly Tag[] {
    const found = known.get(block) ?? (block.kind === "markdown" ? tagsOf(block.source) : []);
    known.set(block, found);
    return found;
  };
}

function tagsOf(source: string): readonly Tag[] {
  if (!/<\/?[a-z]/i.test(source)) return [];
  return parseMarkdown(source)
    .children.flatMap((node) => (node.type === "paragraph" ? node.children : []))
    .map(tagOf)
    .filter((tag) => tag !== null);
}
