import { createContext, isValidElement, memo, useContext, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import ReactMarkdown, { type Components, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CodeFence } from "./code-fence";
import { Formula } from "./formula";
import { DrawingBoundary } from "~/components/primitives/drawing-boundary";
import { safeUrl } from "./link-target";
import { markdownBlocks, type MarkdownBlock as Block } from "./markdown-blocks";
import { isBlockBeyondBounds, isTextBeyondBounds } from "./markdown-bounds";
import { MarkdownLink } from "./markdown-link";
import { mendMarkdown } from "./mend-markdown";
import { plainMarkdown } from "./plain-markdown";
import { prepareMarkdown } from "./prepare-markdown";
import { RemoteImage } from "./remote-image";
import { separateTexts } from "./separate-texts";
import { UnformattedText } from "./unformatted-text";

/** State of a text: complete, still growing, or cut off. The last two may end inside a Markdown construct. */
export type TextEnding = "whole" | "growing" | "cut";

type Props = { text: string; ending: TextEnding };

/**
 * A text in Markdown. Raw HTML is shown as text, and the browser fetches nothing on its account. Blocks that would take
 * too long to parse, or cannot be rendered, are shown as their source.
 */
export function Markdown({ text, ending }: Props) {
  const blocks = useMemo(() => markdownBlocks(text), [text]);
  const isBeyondBounds = useMemo(
    () =>
      isTextBeyondBounds(
        blocks.flatMap(({ markdown }) => (isFence(markdown) ? [] : [markdown])),
        blocks.length,
      ),
    [blocks],
  );
  if (isBeyondBounds) return <UnformattedText text={text} why="beyondBounds" />;
  // Blocks are only added at the end, so their index is a stable key.
  return blocks.map(({ markdown, definitions }, index) => {
    const endingOfBlock = index === blocks.length - 1 ? ending : "whole";
    return (
      <DrawingBoundary
        key={index}
        fallback={<UnformattedText text={markdown} why="failed" />}
        resetKey={endingOfBlock}
      >
        <MarkdownBlock markdown={markdown} definitions={definitions} ending={endingOfBlock} />
      </DrawingBoundary>
    );
  });
}

const MarkdownBlock = memo(function MarkdownBlock({
  markdown,
  definitions,
  ending,
}: Block & { ending: TextEnding }) {
  const fence = FENCE.exec(markdown);
  if (fence) return <FencedBlock markdown={markdown} fence={fence} ending={ending} />;
  return <PlainBlock markdown={markdown} definitions={definitions} ending={ending} />;
});

function isFence(block: string): boolean {
  return FENCE.test(block);
}

const FENCE = /^\n*(`{3,}|~{3,})[ \t]*([^\s`]*)([^\n]*)(\n|$)/;

/** A block that is a single fence is not parsed, which would be slow for thousands of growing lines. */
function FencedBlock({
  markdown,
  fence,
  ending,
}: {
  markdown: string;
  fence: RegExpExecArray;
  ending: TextEnding;
}) {
  const [opening, marks = "", language = "", more = "", lineEnd] = fence;
  const rest = markdown.slice(opening.length).trimEnd();
  const last = rest.slice(rest.lastIndexOf("\n") + 1).trim();
  const isClosed = last.length >= marks.length && last === marks[0]!.repeat(last.length);
  // An incomplete closing mark is not part of the code.
  const isClosing =
    !isClosed && ending === "growing" && /^(`{1,2}|~{1,2})$/.test(last) && last[0] === marks[0];
  const code =
    isClosed || isClosing ? rest.slice(0, rest.length - last.length) : markdown.slice(opening.length);
  return (
    <CodeFence
      code={code.replace(/\n$/, "")}
      // An incomplete language name is not used.
      language={language === "" || (lineEnd === "" && ending === "growing") ? null : language}
      more={more.trim()}
      isOpen={ending !== "whole" && !isClosed}
    />
  );
}

function PlainBlock({ markdown, definitions, ending }: Block & { ending: TextEnding }) {
  const drawn = useMemo(() => {
    if (isBlockBeyondBounds(markdown)) return "beyondBounds";
    try {
      return drawBlock({ markdown, definitions }, ending);
    } catch {
      // The parser threw, for example out of stack: the source is shown.
      return "failed";
    }
  }, [markdown, definitions, ending]);
  if (typeof drawn === "string") return <UnformattedText text={markdown} why={drawn} />;
  return <OpenFrom.Provider value={drawn.openFrom}>{drawn.elements}</OpenFrom.Provider>;
}

/** Parses before React renders, so that an error of the parser is caught for its block. */
function drawBlock({ markdown, definitions }: Block, ending: TextEnding) {
  const { markdown: prepared, formulas } = prepareMarkdown(markdown, ending !== "whole");
  const before = definitions === "" ? "" : `${definitions}\n\n`;
  const text = before === "" ? prepared : prepared.replace(/^\n+/, "");
  const shown = before + (ending === "whole" ? text : mendMarkdown(text, ending === "growing"));
  const remarkPlugins: Options["remarkPlugins"] = [
    remarkGfm,
    [plainMarkdown, { formulas, definitionsEnd: before.length }],
  ];
  return {
    elements: ReactMarkdown({
      children: shown,
      remarkPlugins,
      rehypePlugins: [separateTexts],
      components: COMPONENTS,
      // An image without a usable address is not loaded; its address is shown.
      urlTransform: (url, key) => (key === "src" ? url : safeUrl(url)),
    }),
    openFrom: ending === "whole" ? Infinity : shown.trimEnd().length,
  };
}

/** A block that ends at or after this index is still growing. */
const OpenFrom = createContext(Infinity);

/** Length of a cell above which it is a sentence, not a number, a name or a date. */
const LONG_CELL = 28;

const COMPONENTS: Components = {
  a: ({ node, href, title, children }) => (
    <MarkdownLink href={href} text={textOf(node)} hasFormula={hasFormula(node)} title={title}>
      {children}
    </MarkdownLink>
  ),
  img: ({ src, alt }) => <RemoteImage src={typeof src === "string" ? src : ""} alt={alt ?? ""} />,
  table: ({ children }) => <Table>{children}</Table>,
  td: ({ node, children, style }) => (
    <td className={textOf(node).length > LONG_CELL ? "cell--long" : undefined} style={style}>
      {children}
    </td>
  ),
  input: ({ checked }) => <TaskBox checked={checked ?? false} />,
  // Bullets and numbers are on the side where the text begins. Paragraphs get their direction by style.
  ul: ({ children, className }) => (
    <ul dir="auto" className={className}>
      {children}
    </ul>
  ),
  ol: ({ children, className, start }) => (
    <ol dir="auto" className={className} start={start}>
      {children}
    </ol>
  ),
  blockquote: ({ children }) => <blockquote dir="auto">{children}</blockquote>,
  code: ({ children }) => (
    <code className="inline-code" dir="ltr" translate="no">
      {children}
    </code>
  ),
  // The `code` in a `pre` is not rendered by `code` above: its text is read, and rendered as a block.
  pre: ({ node, children }) => (
    <Pre end={node?.position?.end.offset ?? 0} more={infoOf(node)}>
      {children}
    </Pre>
  ),
  // Formulas of `plainMarkdown`, and texts of `separateTexts`.
  span: ({ node, children }) => {
    const { dataTex, dataSource, dataDisplay, dataOpen } = node?.properties ?? {};
    if (dataTex === undefined) return <span>{children}</span>;
    return (
      <Formula
        tex={String(dataTex)}
        source={String(dataSource)}
        isDisplay={dataDisplay === true}
        isOpen={dataOpen === true}
      />
    );
  },
};

/** In the tab order, since it may be scrollable. */
function Table({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll" dir="auto" tabIndex={0} role="group" aria-label={t("markdown.table")}>
      <table>{children}</table>
    </div>
  );
}

/** The read-only box of a task list item. */
function TaskBox({ checked }: { checked: boolean }) {
  const { t } = useTranslation();
  return (
    <input
      type="checkbox"
      checked={checked}
      disabled
      aria-label={checked ? t("markdown.done") : t("markdown.toDo")}
    />
  );
}

function Pre({ end, more, children }: { end: number; more: string; children: ReactNode }) {
  const isOpen = end >= useContext(OpenFrom);
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
  const language = /language-(\S+)/.exec(children.props.className ?? "")?.[1] ?? null;
  const code = String(children.props.children ?? "").replace(/\n$/, "");
  return <CodeFence code={code} language={language} more={more} isOpen={isOpen} />;
}

/** The text after the language in the first line of a fence. */
function infoOf(pre: unknown): string {
  const code = (pre as { children?: { data?: { meta?: unknown } }[] } | undefined)?.children?.[0];
  return typeof code?.data?.meta === "string" ? code.data.meta : "";
}

type TreeNode = { value?: unknown; children?: unknown; properties?: { dataSource?: unknown } };

/** The text of a part of the tree, formulas included. */
function textOf(node: unknown): string {
  const { value, children, properties } = (node ?? {}) as TreeNode;
  if (typeof value === "string") return value;
  if (typeof properties?.dataSource === "string") return properties.dataSource;
  return Array.isArray(children) ? children.map(textOf).join("") : "";
}

function hasFormula(node: unknown): boolean {
  const { children, properties } = (node ?? {}) as TreeNode;
  return properties?.dataSource !== undefined || (Array.isArray(children) && children.some(hasFormula));
}
