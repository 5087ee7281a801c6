import fc from "fast-check";
import { createElement, type ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { drawBlocks } from "./draw-markdown";
import { createMarkdownReader, MarkdownBlocks } from "./markdown.client";
import { markdownLines, markdownText } from "./parsing/markdown-arbitrary";
import { parseMarkdown, type References } from "./parsing/parse-markdown";
import { readReferences } from "./parsing/markdown-references";
import { shapeMarkdown } from "./parsing/shape-markdown";

/** For tests: what holds for any Markdown. `npm test` tries some texts, `tests/long` many. */

type Known = ReturnType<ReturnType<typeof createMarkdownReader>>;

const pieceLengths = fc.array(fc.nat(30), { minLength: 1, maxLength: 12 });
const anyText = fc.oneof(markdownText, markdownLines);

/** A text that grew in any pieces and then settled is shown as one that is there at once. */
export function settledEqualsWhole(numRuns: number): void {
  fc.assert(
    fc.property(anyText, pieceLengths, (text, lengths) => {
      const read = createMarkdownReader();
      for (const part of growing(text, lengths)) read(part, "growing");
      equal(htmlOf(read(text, "whole")), htmlOf(createMarkdownReader()(text, "whole")));
    }),
    { numRuns },
  );
}

/** A reader who comes while the text grows sees what the others see. */
export function joiningShowsTheSame(numRuns: number): void {
  fc.assert(
    fc.property(markdownText, pieceLengths, (text, lengths) => {
      const read = createMarkdownReader();
      for (const part of growing(text, lengths)) {
        equal(htmlOf(read(part, "growing")), htmlOf(createMarkdownReader()(part, "growing")));
      }
    }),
    { numRuns },
  );
}

/** Blocks before the last two keep their properties, so that they are not drawn again, unless what they refer to is new. */
export function finishedBlocksStay(numRuns: number): void {
  fc.assert(
    fc.property(anyText, pieceLengths, (text, lengths) => {
      const read = createMarkdownReader();
      let before: Known = null;
      for (const part of growing(text, lengths)) {
        const known = read(part, "growing");
        for (const [index, block] of (known && before ? before.blocks.slice(0, -2) : []).entries()) {
          const now = known!.blocks[index]!;
          const references = block.source.includes("[") ? now.references : block.references;
          equal(JSON.stringify(now), JSON.stringify({ ...block, references }));
        }
        before = known;
      }
    }),
    { numRuns },
  );
}

/** The blocks of a text, one after the other, are what the parser makes of the whole. */
export function blocksJoinToWhole(numRuns: number): void {
  fc.assert(
    fc.property(markdownText, (text) => {
      const labels = text.match(/\[\^.*?\]:/g) ?? [];
      // Of a footnote that is defined twice, the second is text.
      fc.pre(new Set(labels).size === labels.length);
      const known = createMarkdownReader()(text, "whole")!;
      const blocks = htmlOf(
        { ...known, notes: [] },
        known.notes.flatMap(({ index, innerNote }) => (innerNote === null ? [index] : [])),
      );
      equal(withoutAnchors(blocks), withoutAnchors(htmlOfWhole(text, referencesOf(known))));
    }),
    { numRuns },
  );
}

function* growing(text: string, lengths: readonly number[]): Generator<string> {
  for (let end = 0, piece = 0; end < text.length; piece++) {
    end += 1 + lengths[piece % lengths.length]!;
    yield text.slice(0, end);
  }
}

function htmlOf(known: Known, leftOut: readonly number[] = []): string {
  if (!known) return "unformatted";
  const blocks = known.blocks.filter((_, index) => !leftOut.includes(index));
  return renderToStaticMarkup(createElement(MarkdownBlocks, { ...known, blocks }));
}

function htmlOfWhole(source: string, references: References): string {
  const tree = parseMarkdown(source, { references });
  const { children } = shapeMarkdown(tree, { source, references, isGrowing: false });
  const shown = children.filter(
    (node) => node.type !== "footnoteDefinition" || !references.notes.has(node.identifier),
  );
  const drawn: ReactNode[] = drawBlocks(shown, { source, references, isOpenEnded: false });
  return renderToStaticMarkup(createElement("main", null, ...drawn)).replace(/^<main>|<\/main>$/g, "");
}

/** What all blocks refer to. */
function referencesOf({ blocks }: NonNullable<Known>): References {
  const each = blocks.map(({ references }) => readReferences(references));
  return {
    links: new Map(each.flatMap(({ links }) => [...links])),
    notes: new Map(each.flatMap(({ notes }) => [...notes])),
    innerNotes: new Set(each.flatMap(({ innerNotes }) => [...innerNotes])),
  };
}

/** The whole has no footnotes that one could jump to. */
function withoutAnchors(html: string): string {
  return html.replace(/<a class="footnote-call"[^>]*>(.*?)<\/a>/g, "$1");
}

function equal(actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`${actual}\nis not\n${expected}`);
}
