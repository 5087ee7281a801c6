import type { Literal, Nodes, Parent, Root } from "mdast";
import { fromMarkdown, type CompileContext, type Extension as ToTree } from "mdast-util-from-markdown";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmFootnoteFromMarkdown } from "mdast-util-gfm-footnote";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { gfmStrikethroughCjkFriendly } from "micromark-extension-cjk-friendly-gfm-strikethrough";
import { gfmFootnote } from "micromark-extension-gfm-footnote";
import { gfmTable } from "micromark-extension-gfm-table";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import type { Construct, Extension, Token } from "micromark-util-types";
import { canHideMarks, restoreMarks } from "./hidden-marks";
import { preEnd, readPre } from "./html-pre";
import { AROUND_BLOCKS } from "./html-tags";
import { hideInnerFences } from "./markdown-fences";
import { displayEnd, formulaEnd } from "./markdown-math";
import { blockSpan, LINE_PARAGRAPH, literal, ownLine, textSpan } from "./micromark-spans";
import { emphasisOfAllScripts } from "./script-emphasis";
import { hidePipes } from "./table-pipes";
import { addressEnd } from "./web-addresses";

/** A formula, in a paragraph or of its own. Its value is its source without the marks of quotes. */
export type Math = Literal & { type: "math" };
/** A web address that is written without brackets. */
export type Address = Literal & { type: "address" };
/** An element that is written in tags of HTML. */
export type HtmlElement = Parent & {
  type: "element";
  tag: string;
  isOpen?: boolean;
  isCentred?: boolean;
  /** Of a cell: how many it covers. */
  columns?: number | undefined;
  rows?: number | undefined;
  /** Of a list: the number of its first item. */
  start?: number | undefined;
};
/** A quote that begins with `[!NOTE]` or another of GitHub's kinds. */
export type Alert = Parent & { type: "alert"; kind: AlertKind };
export type AlertKind = "note" | "tip" | "important" | "warning" | "caution";

declare module "mdast" {
  interface RootContentMap {
    math: Math;
    address: Address;
    element: HtmlElement;
    alert: Alert;
  }
  interface PhrasingContentMap {
    math: Math;
    address: Address;
    element: HtmlElement;
  }
}

export type LinkTarget = { url: string; title: string | null };

/** What is defined in other blocks of the text, by normalized label: addresses of links, and numbers of footnotes. */
export type References = {
  links: ReadonlyMap<string, LinkTarget>;
  notes: ReadonlyMap<string, number>;
  /** Footnotes that are called and whose definitions are in a list, a quote or an element of the block. */
  innerNotes: ReadonlySet<string>;
};

export const NO_REFERENCES: References = { links: new Map(), notes: new Map(), innerNotes: new Set() };

type Options = { references?: References; isGrowing?: boolean };

/**
 * Parses Markdown as CommonMark and GFM, with formulas, and with emphasis beside the punctuation of all scripts. Only `~~` strikes. HTML is never
 * a block; its tags are nodes of paragraphs. With `isGrowing`, a formula at the end may be open.
 */
export function parseMarkdown(
  markdown: string,
  { references = NO_REFERENCES, isGrowing = false }: Options = {},
): Root {
  const source = withHiddenMarks(markdown, isGrowing);
  const constructs = ownConstructs(source, references, isGrowing);
  const tree = fromMarkdown(source, { extensions: [...SYNTAX, constructs], mdastExtensions: TREE });
  if (source !== markdown) restoreMarks(tree);
  return tree;
}

function withHiddenMarks(markdown: string, isGrowing: boolean): string {
  return canHideMarks(markdown) ? hidePipes(hideInnerFences(markdown, isGrowing), isGrowing) : markdown;
}

/** Parses only blocks: their text stays as it is written. About four times faster. */
export function parseBlocks(markdown: string, isGrowing: boolean): Root {
  const source = withHiddenMarks(markdown, isGrowing);
  const constructs = ownConstructs(source, NO_REFERENCES, isGrowing);
  return fromMarkdown(source, { extensions: [...SYNTAX, constructs, NO_INLINE], mdastExtensions: TREE });
}

const { document } = gfmFootnote();

const SYNTAX: Extension[] = [
  emphasisOfAllScripts(),
  gfmStrikethroughCjkFriendly({ singleTilde: false }),
  gfmTable(),
  gfmTaskListItem(),
  // Calls of footnotes are our own, since their definitions may be in other blocks.
  { document: document! },
  { disable: { null: ["htmlFlow"] } },
];

/** All constructs in paragraphs but those that also occur in definitions of links. */
const INLINE = [
  ...["attention", "autolink", "codeText", "hardBreakEscape", "htmlText", "strikethrough"],
  ...["labelEnd", "labelStartImage", "labelStartLink", "mathText", "address", "footnoteReference"],
];
const NO_INLINE: Extension = { disable: { null: INLINE } };

const TREE: ToTree[] = [
  gfmStrikethroughFromMarkdown(),
  gfmTableFromMarkdown(),
  gfmTaskListItemFromMarkdown(),
  gfmFootnoteFromMarkdown(),
  {
    enter: {
      ...{ preFlow: pre, mathFlow: leaf("math"), mathText: leaf("math"), address: leaf("address") },
      ...{ footnoteReference, [LINE_PARAGRAPH]: paragraph },
    },
    exit: {
      ...{ preFlow: exit, mathFlow: exit, mathText: exit, address: exit, footnoteReference: exit },
      [LINE_PARAGRAPH]: exit,
    },
  },
];

function leaf(type: "math" | "address") {
  return function (this: CompileContext, token: Token) {
    this.enter({ type, value: this.sliceSerialize(token) }, token);
  };
}

function pre(this: CompileContext, token: Token) {
  const { code, language } = readPre(this.sliceSerialize(token));
  this.enter({ type: "code", value: code, lang: language }, token);
}

function paragraph(this: CompileContext, token: Token) {
  this.enter({ type: "paragraph", children: [] }, token);
}

function footnoteReference(this: CompileContext, token: Token) {
  const label = this.sliceSerialize(token).slice(2, -1);
  this.enter({ type: "footnoteReference", identifier: normalizeLabel(label), label }, token);
}

function exit(this: CompileContext, token: Token) {
  this.exit(token);
}

function ownConstructs(source: string, { links, notes }: References, isGrowing: boolean): Extension {
  const math = textSpan("mathText", (at) => formulaEnd(source, at, isGrowing));
  const mathFlow = blockSpan("mathFlow", (at) => displayEnd(source, at, isGrowing));
  const preFlow = blockSpan("preFlow", (at) => preEnd(source, at, isGrowing));
  const address = textSpan("address", (at) => addressEnd(source, at));
  const define = definer([...links.keys()]);
  const note = textSpan("footnoteReference", (at) => noteEnd(source, at, notes));
  const markBeforeNote = literal((at) => noteEnd(source, at + 1, notes) !== null);
  const tagLine = ownLine("tagLine", (at) => matchesAt(OWN_LINE, source, at));
  return {
    flow: { [DOLLAR]: mathFlow, [BACKSLASH]: mathFlow, [LESS_THAN]: [preFlow, tagLine] },
    text: {
      [DOLLAR]: math,
      [BACKSLASH]: math,
      [BRACKET]: [define, note],
      // The mark before a footnote is not the beginning of an image.
      [EXCLAMATION]: [define, markBeforeNote],
      ...Object.fromEntries([..."hHwW"].map((letter) => [letter.charCodeAt(0), address])),
    },
  };
}

const [DOLLAR, BACKSLASH, LESS_THAN, BRACKET, EXCLAMATION] = [..."$\\<[!"].map((mark) =>
  mark.charCodeAt(0),
) as [number, number, number, number, number];

/** Tags that are drawn anywhere in a line, or alone on it. */
const OWN_LINE = new RegExp(
  String.raw`</?(?:details|summary)(?:\s[^<>\n]*)?>|</?(?:${AROUND_BLOCKS})(?:\s[^<>\n]*)?>[ \t]*(?:\n|$)`,
  "iy",
);
const NOTE = /\[\^([^\s[\]]{1,200})\]/y;

/** The end of a call of a footnote that is defined, or has a number: its definition may still come. */
function noteEnd(source: string, at: number, notes: References["notes"]): number | null {
  NOTE.lastIndex = at;
  const [whole = "", label = ""] = NOTE.exec(source) ?? [];
  return whole !== "" && (/^\d{1,3}$/.test(label) || notes.has(normalizeLabel(label)))
    ? at + whole.length
    : null;
}

/** Makes labels known to the micromark of one text before it reads the first bracket; reads nothing. */
function definer(labels: readonly string[]): Construct {
  let isDone = false;
  return {
    tokenize(_effects, _ok, nok) {
      // Micromark compares labels in upper case.
      if (!isDone) this.parser.defined.push(...labels.map((label) => label.toUpperCase()));
      isDone = true;
      return nok;
    },
  };
}

/** A label in the form in which Markdown compares labels, as in `identifier` of the tree. */
function normalizeLabel(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase().toLowerCase();
}

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** The source of a node. */
export function sourceOf(node: Nodes, source: string): string {
  return source.slice(startOf(node), endOf(node));
}

export function startOf({ position }: Nodes): number {
  return position?.start.offset ?? 0;
}

export function endOf({ position }: Nodes): number {
  return position?.end.offset ?? 0;
}
