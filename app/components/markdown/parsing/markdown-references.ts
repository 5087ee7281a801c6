import type { Nodes } from "mdast";
import type { MarkdownBlock } from "./markdown-blocks";
import { NO_REFERENCES, parseMarkdown, type LinkTarget, type References } from "./parse-markdown";

export type BlockReferences = {
  /** What each block needs of the others, for `readReferences`: equal strings mean that the block stays as it is. */
  ofBlock: readonly string[];
  /**
   * Footnotes that the text calls and defines, in the order of their numbers, each with the index of the block that is its
   * definition, or has it in a list, a quote or an element.
   */
  notes: readonly { number: number; index: number; innerNote: string | null }[];
};

/**
 * Finds which links and footnotes each block uses, wherever they are defined. Footnotes are numbered by their first
 * call.
 */
export function createReferenceFinder() {
  const used = new WeakMap<MarkdownBlock, { known: string; labels: readonly Label[] }>();

  function labelsOf(block: MarkdownBlock, all: References, known: string): readonly Label[] {
    if (block.kind !== "markdown" || !block.source.includes("[")) return [];
    const before = used.get(block);
    if (before?.known === known) return before.labels;
    const labels = labelsIn(parseMarkdown(block.source, { references: all }));
    used.set(block, { known, labels });
    return labels;
  }

  return function find(blocks: readonly MarkdownBlock[]): BlockReferences {
    const links = new Map<string, LinkTarget>();
    const definedNotes = new Map<string, number>();
    blocks.forEach(({ definitions, note, innerNotes }, index) => {
      for (const { identifier, url, title } of definitions) {
        if (!links.has(identifier)) links.set(identifier, { url, title });
      }
      for (const label of note === null ? innerNotes : [note, ...innerNotes]) {
        if (!definedNotes.has(label)) definedNotes.set(label, index);
      }
    });
    const all = { ...NO_REFERENCES, links, notes: definedNotes };
    const known = JSON.stringify([[...links.keys()], [...definedNotes.keys()]]);
    const labels =
      known === NOTHING && !blocks.some(mayCallNote)
        ? []
        : blocks.map((block) => labelsOf(block, all, known));
    const usedLinks = new Set(labels.flat().flatMap(({ kind, label }) => (kind === "link" ? [label] : [])));
    const isBlock = (label: string, index: number) => blocks[index]!.note === label;
    const blockNotes = new Map([...definedNotes].filter(([label, index]) => isBlock(label, index)));
    const numbers = numberNotes(labels, blockNotes);
    const linkedNumbers = new Map([...numbers].filter(([label]) => definedNotes.has(label)));
    const ofBlock = blocks.map(({ definitions, note, innerNotes }, index) => {
      const inner = innerNotes.filter(
        (label) => linkedNumbers.has(label) && definedNotes.get(label) === index && !blockNotes.has(label),
      );
      const needed = [
        ...(labels[index] ?? []),
        ...definitions
          .filter(({ identifier }) => usedLinks.has(identifier))
          .map(({ identifier }) => link(identifier)),
        ...[...(note === null ? [] : [note]), ...inner].map((label) => ({ kind: "note" as const, label })),
      ];
      if (needed.length === 0) return "";
      return writeReferences({ ...pick(needed, links, linkedNumbers), innerNotes: new Set(inner) });
    });
    const notes = [...linkedNumbers].map(([label, number]) => ({
      number,
      index: definedNotes.get(label)!,
      innerNote: blockNotes.has(label) ? null : label,
    }));
    return { ofBlock, notes };
  };
}

const NOTHING = JSON.stringify([[], []]);

type Label = { kind: "link" | "note"; label: string };

const link = (label: string): Label => ({ kind: "link", label });

function mayCallNote({ kind, source }: MarkdownBlock): boolean {
  return kind === "markdown" && source.includes("[^");
}

function labelsIn(node: Nodes): Label[] {
  if (node.type === "footnoteReference") return [{ kind: "note", label: node.identifier }];
  const inside = "children" in node ? node.children.flatMap(labelsIn) : [];
  const isReference = node.type === "linkReference" || node.type === "imageReference";
  return isReference ? [link(node.identifier), ...inside] : inside;
}

/** Calls in the text come before those in notes, which are shown at the end. */
function numberNotes(labels: readonly (readonly Label[])[], defined: ReadonlyMap<string, number>) {
  const numbers = new Map<string, number>();
  const inNotes = new Set(defined.values());
  const visit = (ofBlock: readonly Label[]) => {
    for (const { kind, label } of ofBlock) {
      if (kind === "note" && !numbers.has(label)) numbers.set(label, numbers.size + 1);
    }
  };
  labels.forEach((ofBlock, index) => (inNotes.has(index) ? undefined : visit(ofBlock)));
  for (const label of numbers.keys()) {
    const index = defined.get(label);
    if (index !== undefined) visit(labels[index] ?? []);
  }
  return numbers;
}

function pick(labels: readonly Label[], links: References["links"], notes: References["notes"]) {
  const has = (kind: Label["kind"]) => {
    const wanted = new Set(labels.filter((each) => each.kind === kind).map(({ label }) => label));
    return ([label]: readonly [string, unknown]) => wanted.has(label);
  };
  return {
    links: new Map([...links].filter(has("link"))),
    notes: new Map([...notes].filter(has("note"))),
  };
}

function writeReferences({ links, notes, innerNotes }: References): string {
  return JSON.stringify([[...links], [...notes], [...innerNotes]]);
}

/** @param written one of `BlockReferences.ofBlock` */
export function readReferences(written: string): References {
  if (written === "") return NO_REFERENCES;
  type Written = [[string, LinkTarget][], [string, number][], string[]];
  const [links, notes, innerNotes] = JSON.parse(written) as Written;
  return { links: new Map(links), notes: new Map(notes), innerNotes: new Set(innerNotes) };
}
