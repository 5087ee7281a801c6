import type { ListItem, Nodes, PhrasingContent, RootContent, Table } from "mdast";
import { createElement, Fragment, type ReactNode } from "react";
import { CodeFence } from "./code/code-fence";
import { Formula } from "./formulas/formula";
import { FootnoteCall } from "./footnotes";
import { AlertBox, TaskBox } from "./markdown-elements";
import { TableBlock } from "./table";
import { directionIn, directionOf } from "./parsing/markdown-direction";
import { MarkdownLink } from "./markdown-link";
import { readFormula } from "./parsing/markdown-math";
import { isOfText } from "./parsing/html-tags";
import { endOf, sourceOf, type HtmlElement, type References } from "./parsing/parse-markdown";
import { RemoteImage } from "./remote-image";

export type DrawContext = {
  source: string;
  references: References;
  /** The end of the source is not that of the text: it grows, or was cut off. */
  isOpenEnded: boolean;
  /** Direction of the outermost list or quote around. */
  direction?: "ltr" | "rtl" | undefined;
};

/** The React elements of a shaped tree. Only elements that are named here are ever drawn. */
export function drawBlocks(nodes: readonly RootContent[], context: DrawContext): ReactNode[] {
  return nodes.map((node, index) => <Fragment key={index}>{drawBlock(node, context)}</Fragment>);
}

function drawBlock(node: RootContent, context: DrawContext): ReactNode {
  const { direction } = context;
  switch (node.type) {
    case "paragraph":
      return <p dir={directionIn(node, direction)}>{drawText(node.children, context)}</p>;
    case "heading":
      return createElement(
        `h${String(node.depth)}`,
        { dir: directionIn(node, direction) },
        drawText(node.children, context),
      );
    case "thematicBreak":
      return <hr />;
    case "code":
      return drawCode(node, context);
    case "math":
      return <p>{drawFormula(node.value)}</p>;
    case "table":
      return drawTable(node, context);
    case "list":
    case "blockquote":
    case "alert":
    case "footnoteDefinition":
      return drawContainer(node, context);
    case "element":
      return drawBlockElement(node, context);
    default:
      return drawInline(node as PhrasingContent, context);
  }
}

function drawBlockElement(node: HtmlElement, context: DrawContext): ReactNode {
  const { tag, isOpen, isCentred, columns, rows, start, children } = node;
  const className = isCentred ? "centred" : undefined;
  if (isOfText(tag))
    return createElement(tag, { className }, drawText(children as PhrasingContent[], context));
  const blocks = drawBlocks(children as RootContent[], context);
  const dir =
    context.direction === undefined
      ? directionOf({ type: "root", children: children as RootContent[] })
      : undefined;
  if (tag === "details") {
    return (
      <details open={isOpen} dir={dir}>
        {blocks}
      </details>
    );
  }
  if (tag === "table") return <TableBlock dir={dir}>{blocks}</TableBlock>;
  const name = ["p", "center", "section", "article"].includes(tag) ? "div" : tag;
  return createElement(name, { className, dir, start, colSpan: columns, rowSpan: rows }, blocks);
}

type Container = Extract<RootContent, { type: "list" | "blockquote" | "alert" | "footnoteDefinition" }>;

function drawContainer(node: Container, context: DrawContext): ReactNode {
  // The outermost one has a direction, the inner ones inherit it.
  const dir = context.direction === undefined ? (directionOf(node) ?? "ltr") : undefined;
  const inner = { ...context, direction: context.direction ?? dir };
  if (node.type === "list") {
    const items = node.children.map((item, index) => (
      <Fragment key={index}>{drawItem(item, inner)}</Fragment>
    ));
    const className = node.children.some(({ checked }) => typeof checked === "boolean")
      ? "contains-task-list"
      : undefined;
    return node.ordered ? (
      <ol dir={dir} className={className} start={node.start === 1 ? undefined : (node.start ?? undefined)}>
        {items}
      </ol>
    ) : (
      <ul dir={dir} className={className}>
        {items}
      </ul>
    );
  }
  const blocks = drawBlocks(node.children, inner);
  if (node.type === "blockquote") return <blockquote dir={dir}>{blocks}</blockquote>;
  if (node.type === "alert")
    return (
      <AlertBox kind={node.kind} dir={dir}>
        {blocks}
      </AlertBox>
    );
  return blocks;
}

/** All items have paragraphs, so that a list that becomes loose while it is written keeps its elements. */
function drawItem({ children, checked }: ListItem, context: DrawContext): ReactNode {
  if (typeof checked !== "boolean") return <li>{drawBlocks(children, context)}</li>;
  const [first, ...others] = children;
  const text = first?.type === "paragraph" ? first : undefined;
  return (
    <li className="task-list-item">
      <p dir={text && directionIn(text, context.direction)}>
        <TaskBox checked={checked} />
        {text && <span>{drawText(text.children, context)}</span>}
      </p>
      {drawBlocks(text ? others : children, context)}
    </li>
  );
}

function drawCode(node: Extract<RootContent, { type: "code" }>, context: DrawContext): ReactNode {
  const isAtEnd = endOf(node) >= context.source.trimEnd().length;
  const isClosed = /\n[ \t>]*(?:`{3,}|~{3,})[ \t]*$|<\/pre\s*>$/i.test(sourceOf(node, context.source));
  return (
    <CodeFence
      code={node.value}
      language={node.lang || null}
      more={node.meta ?? ""}
      isOpen={context.isOpenEnded && isAtEnd && !isClosed}
    />
  );
}

/** Length of a cell above which it is a sentence, not a number, a name or a date. */
const LONG_CELL = 28;

function drawTable(table: Table, context: DrawContext): ReactNode {
  const [head, ...rows] = table.children;
  const columns = Math.max(...table.children.map(({ children }) => children.length));
  const drawRow = (row: typeof head, Cell: "th" | "td") =>
    Array.from({ length: columns }, (_, column) => {
      const cell = row?.children[column];
      const align = table.align?.[column] ?? undefined;
      return (
        <Cell
          key={column}
          className={Cell === "td" && cell && textOf(cell).length > LONG_CELL ? "cell--long" : undefined}
          style={align && { textAlign: align }}
        >
          {cell && drawText(cell.children, context)}
        </Cell>
      );
    });
  return (
    <TableBlock dir={context.direction === undefined ? directionOf(table) : undefined}>
      <thead>
        <tr>{drawRow(head, "th")}</tr>
      </thead>
      {rows.length > 0 && (
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{drawRow(row, "td")}</tr>
          ))}
        </tbody>
      )}
    </TableBlock>
  );
}

/**
 * Text with siblings is in an element: the translation of a browser replaces text nodes by elements, and React throws when it
 * moves or removes a text node that is gone. It can always replace the whole content of an element.
 */
function drawText(nodes: readonly PhrasingContent[], context: DrawContext): ReactNode {
  if (nodes.length === 1) return drawInline(nodes[0]!, context);
  return nodes.map((node, index) =>
    node.type === "text" ? (
      <span key={index}>{node.value}</span>
    ) : (
      <Fragment key={index}>{drawInline(node, context)}</Fragment>
    ),
  );
}

function drawInline(node: PhrasingContent, context: DrawContext): ReactNode {
  switch (node.type) {
    case "text":
      return node.value;
    case "break":
      return <br />;
    case "emphasis":
      return <em>{drawText(node.children, context)}</em>;
    case "strong":
      return <strong>{drawText(node.children, context)}</strong>;
    case "delete":
      return <del>{drawText(node.children, context)}</del>;
    case "element":
      return drawElement(node.tag, node.children as PhrasingContent[], context);
    case "inlineCode":
      return drawInlineCode(node.value);
    case "math":
      return drawFormula(node.value);
    case "link":
      return (
        <MarkdownLink
          href={node.url}
          text={textOf(node)}
          hasFormula={hasFormula(node)}
          title={node.title ?? undefined}
        >
          {drawText(node.children, context)}
        </MarkdownLink>
      );
    case "image":
      return <RemoteImage src={node.url} alt={node.alt ?? ""} />;
    case "footnoteReference":
      return (
        <FootnoteCall
          label={node.label ?? node.identifier}
          number={context.references.notes.get(node.identifier)}
        />
      );
    default:
      return sourceOf(node, context.source);
  }
}

function drawElement(tag: string, children: readonly PhrasingContent[], context: DrawContext): ReactNode {
  if (tag === "code") return drawInlineCode(drawText(children, context));
  if (tag === "wbr" || tag === "hr") return createElement(tag);
  return createElement(tag, null, drawText(children, context));
}

function drawInlineCode(content: ReactNode): ReactNode {
  return (
    <code className="inline-code" dir="ltr" translate="no">
      {content}
    </code>
  );
}

function drawFormula(source: string): ReactNode {
  return <Formula {...readFormula(source)} />;
}

/** The text of a part of the tree, formulas included. */
function textOf(node: Nodes): string {
  if ("value" in node) return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
}

function hasFormula(node: Nodes): boolean {
  return node.type === "math" || ("children" in node && node.children.some(hasFormula));
}
