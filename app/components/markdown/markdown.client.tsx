import { memo, useId, useMemo, useState, type ReactNode } from "react";
import { CodeFence } from "./code/code-fence";
import { DrawingBoundary } from "~/components/primitives/drawing-boundary";
import { completeMarkdown } from "./parsing/complete-markdown";
import { drawBlocks } from "./draw-markdown";
import { FootnoteIds, Footnotes } from "./footnotes";
import { createBlockSplitter, notesWithin, type MarkdownBlock } from "./parsing/markdown-blocks";
import { directionOf } from "./parsing/markdown-direction";
import { readFence } from "./parsing/markdown-fences";
import { createReferenceFinder, readReferences } from "./parsing/markdown-references";
import { parseMarkdown, type References } from "./parsing/parse-markdown";
import { shapeMarkdown } from "./parsing/shape-markdown";
import { UnformattedText } from "./unformatted-text";

/** State of a text: complete, still growing, or cut off. The last two may end inside a Markdown construct. */
export type TextEnding = "whole" | "growing" | "cut";

type Props = { text: string; ending: TextEnding };

/**
 * Reads a text as blocks with what they refer to. It keeps what it has read: while the text grows, the properties of
 * finished blocks stay equal, and they are not drawn again.
 */
export function createMarkdownReader() {
  const split = createBlockSplitter();
  const findReferences = createReferenceFinder();

  let lastStart = 0;

  /** @returns null if the text is too long to be parsed */
  return function read(written: string, ending: TextEnding) {
    const isGrowing = ending === "growing";
    const text = written.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
    const blocks = split(isGrowing ? text.slice(0, readableEnd(text, lastStart)) : text, isGrowing);
    const last = blocks?.at(-1);
    lastStart = last?.kind === "markdown" ? last.start : Infinity;
    if (!blocks) return null;
    const { ofBlock, notes } = findReferences(blocks);
    const drawn = blocks.map(({ kind, source }, index): BlockProps => ({
      kind,
      source,
      references: ofBlock[index]!,
      ending: index === blocks.length - 1 ? ending : "whole",
    }));
    return { blocks: drawn, notes };
  };
}

/** Length of a block from which on it is not parsed again with each word that it grows by. */
const MIN_LONG_BLOCK = 4_096;
/** Parts of a long block after which it is parsed again, so that a long list takes no square of its length. */
const PARTS = 128;
/** Matches a line that may become the definition of a link, up to the end of its address or its title. */
const HALF_DEFINITION =
  /^ {0,3}\[(?!\^)[^\]\n]{1,200}\]:[ \t]*(?:\S*|\S+[ \t]+(?:"[^"\n]*|'[^'\n]*|\([^)\n]*)?)$/;

/**
 * The end of what is read of a growing text: not the first half of a character such as an emoji or of a definition of a
 * link, and of a block that is
 * already long a whole number of parts, whose length doubles with that of the block.
 *
 * @param start of the last block
 */
function readableEnd(text: string, start: number): number {
  const length = text.length - start;
  const part = length < MIN_LONG_BLOCK ? 1 : 2 ** Math.floor(Math.log2(length)) / PARTS;
  const whole = start === Infinity ? text.length : start + Math.floor(length / part) * part;
  const line = text.slice(text.lastIndexOf("\n", whole - 1) + 1, whole);
  const end = HALF_DEFINITION.test(line) ? whole - line.length : whole;
  return /[\uD800-\uDBFF]/.test(text[end - 1] ?? "") ? end - 1 : end;
}

/**
 * A text in Markdown. Of HTML only a few harmless elements are drawn, the rest is shown as text, and the browser fetches nothing on its
 * account. Blocks that would take too long to parse, or cannot be rendered, are shown as their source.
 */
export function Markdown({ text, ending }: Props) {
  const [read] = useState(createMarkdownReader);
  const known = useMemo(() => read(text, ending), [read, text, ending]);
  if (!known) return <UnformattedText text={text} why="beyondBounds" />;
  return <MarkdownBlocks {...known} />;
}

type BlocksProps = NonNullable<ReturnType<ReturnType<typeof createMarkdownReader>>>;

export function MarkdownBlocks({ blocks, notes }: BlocksProps) {
  const ids = useId();
  const isNote = new Set(notes.flatMap(({ index, innerNote }) => (innerNote === null ? [index] : [])));
  const draw = (index: number, innerNote: string | null = null): ReactNode => {
    const block = blocks[index]!;
    return (
      // Blocks are only added at the end, so their index is a stable key.
      <DrawingBoundary
        key={index}
        fallback={<UnformattedText text={block.source} why="failed" />}
        resetKey={block.ending}
      >
        <Block {...block} innerNote={innerNote} />
      </DrawingBoundary>
    );
  };
  return (
    <FootnoteIds.Provider value={ids}>
      {blocks.map((_, index) => (isNote.has(index) ? null : draw(index)))}
      {notes.length > 0 && (
        <Footnotes
          dir={directionOf({
            type: "text",
            value: notes.map(({ index }) => blocks[index]!.source).join(" "),
          })}
          notes={notes.map(({ number, index, innerNote }) => ({ number, content: draw(index, innerNote) }))}
        />
      )}
    </FootnoteIds.Provider>
  );
}

type BlockProps = {
  kind: MarkdownBlock["kind"];
  source: string;
  /** `References` as written by the reference finder: it is equal while the block stays as it is. */
  references: string;
  ending: TextEnding;
};

type PartProps = BlockProps & {
  /** Label of a footnote whose definition is drawn, instead of the block that it is in. */
  innerNote: string | null;
};

const Block = memo(function Block(props: PartProps) {
  const { kind, source, ending } = props;
  if (kind === "beyondBounds") return <UnformattedText text={source} why="beyondBounds" />;
  if (kind === "markdown") return <ParsedBlock {...props} />;
  const { isClosed, ...fence } = readFence(source, ending === "growing");
  return <CodeFence {...fence} isOpen={ending !== "whole" && !isClosed} />;
});

function ParsedBlock({ source, references, ending, innerNote }: PartProps) {
  const drawn = useMemo(() => {
    try {
      // Parsed before React renders, so that an error of the parser is caught for its block.
      return drawSource(source, readReferences(references), ending, innerNote);
    } catch {
      return null;
    }
  }, [source, references, ending, innerNote]);
  return drawn ?? <UnformattedText text={source} why="failed" />;
}

function drawSource(
  written: string,
  references: References,
  ending: TextEnding,
  innerNote: string | null,
): ReactNode {
  const isGrowing = ending === "growing";
  const source = isGrowing ? completeMarkdown(written) : written;
  const parsed = parseMarkdown(source, { references, isGrowing });
  const children =
    innerNote === null
      ? parsed.children
      : (notesWithin(parsed).find(({ identifier }) => identifier === innerNote)?.children ?? []);
  const tree = shapeMarkdown({ ...parsed, children }, { source, references, isGrowing });
  return <>{drawBlocks(tree.children, { source, references, isOpenEnded: ending !== "whole" })}</>;
}
