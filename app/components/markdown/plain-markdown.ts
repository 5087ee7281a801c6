import { safeUrl } from "./link-target";
import type { Formula } from "./prepare-markdown";
import { PLACEHOLDER } from "./prepare-markdown";

/** The part of a Markdown syntax tree that is changed here. */
type Node = {
  type: string;
  value?: string;
  children?: Node[];
  spread?: boolean | null;
  url?: string;
  identifier?: string;
  align?: (string | null)[];
  position?: { start: { offset?: number }; end: { offset?: number } };
  data?: { hName: string; hProperties?: Record<string, unknown> };
  [field: string]: unknown;
};

type Processor = { data: () => { micromarkExtensions?: unknown[] } };
type Options = {
  formulas: readonly Formula[];
  /** End of the definitions that were added before the text. */
  definitionsEnd?: number;
};

/**
 * A remark plugin for chat messages:
 * - HTML is shown as text, except for elements that Markdown cannot express: `<br>` in tables, `<sub>`, `<sup>` and
 *   `<kbd>`, without attributes and with plain text in them.
 * - Each list item is a paragraph, so that a list that becomes loose while it is written keeps its elements.
 * - Placeholders become formulas, and numbers of footnotes are raised.
 * - Headings without words, as at the moment of writing one, are left out: screen readers would announce them.
 * - Text that Markdown hides is shown: definitions that no link uses, cells beyond the head of their table, and
 *   addresses that cannot be followed.
 */
export function plainMarkdown(this: unknown, { formulas, definitionsEnd = 0 }: Options) {
  const data = (this as Processor).data();
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), { disable: { null: DISABLED } }];
  return (tree: unknown, file: unknown) => {
    const root = tree as Node;
    // A line that only looks like a definition belongs to another block, which shows it.
    const children = (root.children ?? []).filter(
      (child) => child.type === "definition" || startOf(child) >= definitionsEnd,
    );
    root.children = children;
    const used = usedLabels(root);
    for (const child of children) {
      if (startOf(child) < definitionsEnd && child.identifier !== undefined) used.add(child.identifier);
    }
    showHidden(root, { source: String(file), used, definitionsEnd });
    change(root, formulas);
  };
}

function startOf({ position }: Node): number {
  return position?.start.offset ?? 0;
}

type Hidden = { source: string; used: ReadonlySet<string>; definitionsEnd: number };

function usedLabels(node: Node, used = new Set<string>()): Set<string> {
  const isReference = node.type === "linkReference" || node.type === "imageReference";
  if (isReference && node.identifier !== undefined) used.add(node.identifier);
  for (const child of node.children ?? []) usedLabels(child, used);
  return used;
}

function showHidden(node: Node, hidden: Hidden): void {
  if (node.type === "table") {
    const cells = Math.max(0, ...(node.children ?? []).map(({ children }) => children?.length ?? 0));
    const align = node.align ?? [];
    node.align = [...align, ...Array<null>(Math.max(0, cells - align.length)).fill(null)];
  }
  node.children?.forEach((child, index, children) => {
    const source = hidden.source.slice(startOf(child), child.position?.end.offset);
    const text: Node = { type: "text", value: source };
    if (child.type === "definition" && !isDefinition(child, hidden)) {
      children[index] = { type: "paragraph", children: [text] };
    } else if (child.type === "link" && safeUrl(child.url ?? "") === undefined && child.position) {
      children[index] = text;
    } else showHidden(child, hidden);
  });
}

/** The definition has a usable address, and the text uses it. */
function isDefinition(node: Node, hidden: Hidden): boolean {
  if (startOf(node) < hidden.definitionsEnd) return true;
  return safeUrl(node.url ?? "") !== undefined && hidden.used.has(node.identifier ?? "");
}

const DISABLED = [
  "htmlFlow",
  "htmlText",
  // Their numbers would begin again in each block.
  "gfmFootnoteDefinition",
  "gfmFootnoteCall",
  "gfmPotentialFootnoteCall",
];

function change(node: Node, formulas: readonly Formula[]): void {
  if (node.type === "list" || node.type === "listItem") node.spread = true;
  for (const field of ["value", "url", "title", "alt", "lang", "meta"]) {
    const text = node[field];
    if (typeof text === "string") node[field] = restore(text, formulas);
  }
  if (!node.children) return;
  node.children = node.children.flatMap((child) => {
    if (child.type === "text") return splitText(child.value ?? "", formulas);
    change(child, formulas);
    if (child.type === "heading" && child.children?.length === 0) return [];
    return isLink(child) ? withoutImages(child) : [child];
  });
}

function isLink({ type }: Node): boolean {
  return type === "link" || type === "linkReference";
}

/** An image is a button until it is loaded. A button cannot be in a link, so it is moved before the link. */
function withoutImages(link: Node): Node[] {
  const isImage = ({ type }: Node) => type === "image" || type === "imageReference";
  const images = link.children?.filter(isImage) ?? [];
  return [...images, { ...link, children: link.children?.filter((child) => !isImage(child)) ?? [] }];
}

function splitText(text: string, formulas: readonly Formula[]): Node[] {
  return text.split(SPECIAL).flatMap((piece): Node[] => {
    if (piece === "") return [];
    if (/^<br/i.test(piece)) return [{ type: "break" }];
    const [, tag, content = ""] = TAGGED.exec(piece) ?? [];
    if (tag !== undefined) return [inElement(tag, splitText(content, formulas))];
    const footnote = /^\[\^(\d+)\]$/.exec(piece)?.[1];
    if (footnote !== undefined) {
      return [inElement("sup", [{ type: "text", value: footnote }])];
    }
    const number = /^\uE000(\d+)\uE001$/.exec(piece)?.[1];
    const formula = number === undefined ? undefined : formulas[Number(number)];
    return [formula ? formulaNode(formula) : { type: "text", value: piece }];
  });
}

const SPECIAL =
  /(\uE000\d+\uE001|<br\s*\/?>|<sub>[^<>]+<\/sub>|<sup>[^<>]+<\/sup>|<kbd>[^<>]+<\/kbd>|\[\^\d{1,3}\])/i;
const TAGGED = /^<(sub|sup|kbd)>(.+)<\/\1>$/is;

function inElement(name: string, children: Node[]): Node {
  return { type: "element", data: { hName: name.toLowerCase() }, children };
}

function formulaNode({ tex, source, isDisplay, isOpen }: Formula): Node {
  const hProperties = { dataTex: tex, dataSource: source, dataDisplay: isDisplay, dataOpen: isOpen };
  return { type: "formula", data: { hName: "span", hProperties }, children: [] };
}

/** In code and in addresses a formula stays its source. */
function restore(text: string, formulas: readonly Formula[]): string {
  return text.replace(PLACEHOLDER, (whole, number: string) => formulas[Number(number)]?.source ?? whole);
}
