import { escaped, memberOfClass, quoted, withoutCodePoints } from "./diagram-labels";
import * as charts from "./mend-charts";

/** A Mermaid source of which everything is drawn. Its lines are those of the source. */
export function wholeDiagram(source: string): string {
  if (isSankey(source)) return mendDiagram(source);
  const mend = /^\s*classDiagram/m.test(source)
    ? memberOfClass
    : /^\s*block\b/.test(source)
      ? labelOfLink
      : null;
  return mend ? source.split("\n").map(mend).join("\n") : source;
}

/** The drawing of a source that was written by `wholeDiagram` or `mendDiagram`, with the characters of the source. */
export function withOriginalText(svg: string, source: string): string {
  return isSankey(source) ? withoutCodePoints(svg) : svg;
}

function isSankey(source: string): boolean {
  return /^\s*sankey\b/m.test(source);
}

/**
 * A Mermaid source as models write it, in the form that Mermaid parses: labels in quotes, with marks that have a meaning
 * as entities. Each line stays on its line, so that an error of the parser names the line of the source.
 */
export function mendDiagram(source: string): string {
  const lines = source.split("\n");
  const first = lines.findIndex((line, index) => !isSkipped(line) && !isInFrontMatter(lines, index));
  const kind = /^\s*(\w+)/.exec(lines[first] ?? "")?.[1] ?? "";
  const mend = MENDERS[kind];
  if (!mend) return source;
  const mendAfter = (line: string, begin: number) => line.slice(0, begin) + mend(line.slice(begin), first);
  return (isOfNodes(kind) ? withWholeLabels(lines) : lines)
    .map((line, index) => {
      // Statements may also follow the kind of the diagram, after a semicolon.
      if (index === first) return line.includes(";") ? mendAfter(line, line.indexOf(";") + 1) : line;
      return index < first || isSkipped(line) ? line : mend(line, index);
    })
    .join("\n")
    .replaceAll(LINE_END, "\n");
}

function isOfNodes(kind: string): boolean {
  return kind === "flowchart" || kind === "graph" || kind === "block";
}

/** Stands for the end of a line in a label. */
const LINE_END = "\uE000";
/** A label that does not end in its line: in quotes, with brackets of its own, or on an edge. */
const OPEN_LABEL =
  /[\p{L}\p{N}_](?:([([{>])+(?:(")[^"]*|(?:\([^()]*\)|[^"()[\]{}])*)|[^|]*(?:--|==|-\.)[-=.>ox]*(\|)[^|]*)$/u;
const CLOSING: Record<string, string> = { "[": "]", "(": ")", "{": "}", ">": "]", '"': '"', "|": "|" };
const MAX_LABEL_LINES = 8;
const MAX_LABEL_LENGTH = 500;

/** The lines, those of one label joined. */
function withWholeLabels(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at]!;
    for (let more = openLines(line, lines.slice(at + 1, at + MAX_LABEL_LINES)); more > 0;) {
      line = [line, ...lines.slice(at + 1, at + 1 + more)].join(LINE_END);
      at += more;
      more = openLines(line, lines.slice(at + 1, at + MAX_LABEL_LINES));
    }
    joined.push(line);
  }
  return joined;
}

/** The number of lines after one that its last label takes. */
function openLines(line: string, next: readonly string[]): number {
  const last = line.slice(-MAX_LABEL_LENGTH);
  const [, bracket, quote, bar] = (!isSkipped(line) && OPEN_LABEL.exec(last)) || [];
  const closing = CLOSING[quote ?? bar ?? bracket ?? ""];
  if (closing === undefined) return 0;
  const end = next.findIndex((each) => each.includes(closing));
  const label = [...next.slice(0, end), next[end]?.split(closing)[0] ?? ""];
  return label.some((each) => /--|==|-\./.test(each)) ? 0 : end + 1;
}

/**
 * The line of the source that an error of Mermaid names, counted from 1; null without one. Mermaid counts without front
 * matter, comments and the empty lines above the diagram.
 */
export function lineOfError(source: string, error: string): number | null {
  const counted = Number(/\bline:? (\d+)/i.exec(error)?.[1] ?? NaN);
  const lines = source.split("\n");
  const seen = [...lines.keys()].filter((at) => !isRemoved(lines[at]!) && !isInFrontMatter(lines, at));
  const begin = seen.findIndex((at) => lines[at]!.trim() !== "");
  // What is missing at the end is missed on a line after the last.
  const line = seen[Math.min(begin + counted - 1, seen.length - 1)];
  return line === undefined ? null : line + 1;
}

const MENDERS: Record<string, (line: string, index: number) => string> = {
  flowchart: mendFlowchart,
  graph: mendFlowchart,
  sequenceDiagram: (line) =>
    line.replace(SEQUENCE_TEXT, (_, before: string, text: string) => before + escaped(text, /[;#]/g)),
  mindmap: mendMindmap,
  block: mendBlocks,
  ...charts,
};

/** The text of a message or a note, of a block, or of a participant. */
const SEQUENCE_TEXT =
  /^(\s*(?:(?:alt|else|opt|loop|par|and|critical|option|break|title)\b|(?:participant|actor)\b.*?\bas\b|[^:]*:))(.*)$/;

/** Comments and directives. */
function isRemoved(line: string): boolean {
  return /^\s*%%/.test(line);
}

function isSkipped(line: string): boolean {
  return line.trim() === "" || isRemoved(line);
}

function isInFrontMatter(lines: readonly string[], index: number): boolean {
  return (
    lines[0]?.trim() === "---" && index <= lines.findIndex((line, at) => at > 0 && line.trim() === "---")
  );
}

/** Opening and closing marks of the shapes of nodes, longer ones first. */
const SHAPES: readonly (readonly [string, readonly string[]])[] = [
  ["(((", [")))"]],
  ["((", ["))"]],
  ["([", ["])"]],
  ["[[", ["]]"]],
  ["[(", [")]"]],
  ["[/", ["/]", "\\]"]],
  ["[\\", ["\\]", "/]"]],
  ["{{", ["}}"]],
  ["(", [")"]],
  ["[", ["]"]],
  ["{", ["}"]],
  [">", ["]"]],
];
/** What may follow a node: the end, another statement or node, a class, or a link. */
const AFTER_NODE = /^\s*(?:$|;|&|:::|[<ox]?(?:--|==|-\.)|~~~)/;
/** In a block diagram also its width or the next node. */
const AFTER_BLOCK = /^\s*(?:$|:|[<ox]?(?:--|==|-\.)|~~~)|^\s+[\p{L}\p{N}_]/u;
const NAME = /[\p{L}\p{N}_]+(?:[-.][\p{L}\p{N}_]+)*/uy;
const EDGE_LABEL = /\|\s*([^|]*?)\s*\|/y;
const EDGE_TEXT = /(--|==|-\.)\s+([^\s">|-][^">|]*?)\s+(-->|--[xo]|---+|==+>?|\.->|\.-)/y;
const OTHER_STATEMENT =
  /^\s*(?:style|classDef|class|click|linkStyle|direction|accTitle|accDescr|end)\b(?!\s*[[({>-])/;

function mendFlowchart(line: string, index: number): string {
  const title = /^(\s*subgraph\s+)(.*?)\s*$/.exec(line);
  if (title) return title[1]! + mendTitle(title[2]!, index);
  if (OTHER_STATEMENT.test(line)) return line;
  return mendNodes(line, AFTER_NODE);
}

/** A link of a block diagram, which would have the bars around its label drawn. */
function labelOfLink(line: string): string {
  return line.replace(/-->\s*\|([^|]*)\|/g, (_, label: string) => `-- ${quoted(label)} -->`);
}

function mendBlocks(written: string): string {
  const line = labelOfLink(written);
  return /^\s*(?:columns|block|end|space|style|classDef|class)\b/.test(line)
    ? line
    : mendNodes(line, AFTER_BLOCK);
}

function mendNodes(line: string, after: RegExp): string {
  let mended = "";
  for (let at = 0; at < line.length;) {
    const [whole, next] = mendedAt(line, at, after);
    mended += next;
    at += Math.max(1, whole);
  }
  return mended;
}

/** The length of what stands at an index, and what to write for it. */
function mendedAt(line: string, at: number, after: RegExp): [number, string] {
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(line);
  };
  const label = match(EDGE_LABEL);
  if (label) return [label[0].length, label[1] === "" ? label[0] : `|${quoted(label[1]!)}|`];
  const edge = match(EDGE_TEXT);
  if (edge) return [edge[0].length, `${edge[1]!} ${quoted(edge[2]!)} ${edge[3]!}`];
  const [name] = match(NAME) ?? [];
  if (name === undefined) return [1, line[at]!];
  // The word that ends a subgraph.
  const safe = name === "end" ? "end_" : name;
  const node = nodeLabel(line, at + name.length, after);
  if (!node) return [name.length, safe];
  const [opening, text, closing] = node;
  return [name.length + node.join("").length, `${safe}${opening}${quoted(text)}${closing}`];
}

function nodeLabel(line: string, from: number, after: RegExp): [string, string, string] | null {
  for (const [opening, closings] of SHAPES) {
    if (!line.startsWith(opening, from)) continue;
    for (let end = from + opening.length; end < line.length; end++) {
      const closing = closings.find((mark) => line.startsWith(mark, end));
      if (closing !== undefined && after.test(line.slice(end + closing.length))) {
        return [opening, line.slice(from + opening.length, end), closing];
      }
    }
  }
  return null;
}

function mendTitle(title: string, index: number): string {
  const [, id, text] = /^([\w-]+)\s*\[(.*)\]$/.exec(title) ?? [];
  if (id !== undefined) return `${id}[${quoted(text!)}]`;
  return /^(?:[\p{L}\p{N}_-]+|".*")$/u.test(title) ? title : `title_${String(index)}[${quoted(title)}]`;
}

function mendMindmap(line: string, index: number): string {
  if (/^\s*:/.test(line) || !/[()[\]{}"]/.test(line)) return line;
  const [, indent = "", text = ""] = /^(\s*)(.*?)\s*$/.exec(line) ?? [];
  const node = /^([\w-]*)(\(\(|\)\)|\{\{|\(|\)|\[)(.*?)(\)\)|\(\(|\}\}|\)|\(|\])$/.exec(text);
  if (!node) return `${indent}node_${String(index)}[${quoted(text)}]`;
  const [, id, opening, label, closing] = node;
  return `${indent}${id!}${opening!}${quoted(label!)}${closing!}`;
}
