import type { Nodes, Parents, PhrasingContent } from "mdast";
import { endOf, parseBlocks, parseMarkdown, startOf } from "./parse-markdown";
import { opensBehind } from "./script-emphasis";

/**
 * Completes the last paragraph, heading or cell of a block that is still growing, so that its marks are not shown as
 * characters first and jump when the rest arrives. Marks at the very end whose meaning is still open are left out. Only
 * marks that can open emphasis, code or a link are completed.
 */
export function completeMarkdown(block: string): string {
  const leaf = lastLeaf(parseBlocks(block, true));
  if (leaf.type === "code") return withoutHalfOfEnd(block, block[startOf(leaf)] === "<");
  if (leaf.type === "math") return block;
  const known = withoutOpenEnd(block);
  const leafText = known.slice(startOf(leaf)).replace(/\n[ \t>]+/g, "\n");
  if (leafText.length > MAX_LENGTH) return known;
  const closing = closingMarks(leafText);
  return withTableHead(closing === "" ? known : known.trimEnd() + closing);
}

/** Length above which text is not completed: the search at each word would take longer and longer. */
const MAX_LENGTH = 5_000;
/** Characters after which a single mark is probably a star or an underscore. */
const MAX_EMPHASIS_LENGTH = 300;

/** Code without the first half of the marks that close it, or of a tag or an entity in an element. */
function withoutHalfOfEnd(block: string, isElement: boolean): string {
  return block.replace(isElement ? /(?:<[^<>\n]{0,80}|&#?\w{0,8})$/ : /\n[ \t>]*(?:`{1,2}|~{1,2})$/, "");
}

function lastLeaf(node: Nodes): Nodes {
  const last = "children" in node ? node.children.at(-1) : undefined;
  return last === undefined || last.type === "text" ? node : lastLeaf(last);
}

/** Without what the next characters decide: half a mark, link, image or tag. */
function withoutOpenEnd(block: string): string {
  const lines = block.split("\n");
  const line = lines.pop()!;
  const above = lines.at(-1) ?? "";
  if (line.length > MAX_LENGTH) return block;
  if (isRow(above) ? line.trim() === "" : isUndecided(line, above)) return lines.join("\n");
  if ((line.match(/(?<!\\)`/g)?.length ?? 0) % 2 === 1) return [...lines, withOpenCode(line)].join("\n");
  const known = line
    .replace(/^([ \t>]*(?:[-*+]|\d{1,9}[.)])\s+)\[[ xX]?\]?[ \t]*$/, "$1")
    .replace(/^([ \t]*(?:>[ \t]*)+)\[(?:![A-Za-z]*\]?)?$/, "$1")
    .replace(/^[ \t>]*\[\^[^\]\s]*\]?$|\[\^[^\]\s]*$/, "")
    .replace(/!\[[^\]\n]*(\](\([^)\s]*([ \t]+("[^"\n]*"?|'[^'\n]*'?)?)?)?)?$/, "")
    .replace(/<(https?:[^>\s]*)$/, "$1")
    .replace(OPEN_LINK, "$1$2")
    .replace(/(^|[^\\!\]])\[([^\][\n]+)\]\[[^\][\n]*$/, "$1$2")
    .replace(/(^|[^\\!\]])\[(?!\^|[ xX]?\])([^\][\n]*)\]?$/, "$1$2")
    .replace(OPEN_TAG, "")
    .replace(/(?:<\/?[a-z]{0,10}[1-6]?\s*\/?>?|&#?\w{0,10}|\\?[*_~`]+|\\?\$+|\\)$/i, "");
  return [...lines, known].join("\n");
}

/** A line that ends in code, without marks before the code that are not closed behind it. */
function withOpenCode(line: string): string {
  return line.replace(/[*_~[]*`+$/, "").replace(/(^|[^\\!\]])\[(`[^`\][\n]*)$/, "$1$2");
}

/** A link up to its address, which may have brackets of its own, or its title. */
const OPEN_LINK =
  /(^|[^\\!])\[([^\][\n]+)\]\((?:<[^>\n]*>?|[^\s()<]*(?:\([^\s()]*(?:\)[^\s()]*)?)*)(?:[ \t]+(?:"[^"\n]*"?|'[^'\n]*'?)?)?$/;
const VALUE = String.raw`=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'<>]+)`;
/** Half a tag with attributes, which have values but for elements whose name is no word of a text. */
const OPEN_TAG = new RegExp(
  String.raw`<(?:(?:abbr|center|details|div|font|h[1-6]|img|kbd|mark|ol|span|su[bp]|table|t[dhr]|ul)(?:\s+[a-z-]+(?:${VALUE})?)*|[a-z]+[1-6]?(?:\s+[a-z-]+${VALUE})*)(?:\s+[a-z-]+=(?:"[^"\n]*|'[^'\n]*)?)?\s*$`,
  "i",
);

/** A line of marks whose meaning depends on the next characters. Three dashes are a rule. */
function isUndecided(line: string, above: string): boolean {
  const text = line.replace(/^[ \t>]*(?=\S)/, "").trim();
  // Below a line of text they would turn it into a heading.
  if (above.replace(/[ \t>]/g, "") !== "" && /^(-+|=+)$/.test(text)) return true;
  return (
    /^([-+>#]|--|`{1,2}|~{1,2}|:+)$/.test(text) ||
    /^\d{1,3}$/.test(text) ||
    (above !== "" && /^\d{1,3}[.)]$/.test(text))
  );
}

/** The head of a table is one from its first cell on. */
function withTableHead(block: string): string {
  const lines = block.split("\n");
  const line = lines.pop()!;
  const above = lines.at(-1) ?? "";
  if (isRow(line) && !isRow(above) && !/[^\s|>]/.test(line)) return lines.join("\n");
  if (isRow(line) && !isRow(above)) return `${block}\n${delimiterRow(line)}`;
  if (isRow(above) && !isRow(lines.at(-2) ?? "") && /^[ \t>]*\|?[\s|:-]*$/.test(line)) {
    return [...lines, delimiterRow(above)].join("\n");
  }
  return block;
}

function isRow(line: string): boolean {
  return /^[ \t>]*\|/.test(line);
}

function delimiterRow(head: string): string {
  const prefix = /^[ \t>]*/.exec(head)![0];
  const cells = head
    .slice(prefix.length)
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|");
  return `${prefix}|${cells.map(() => " --- |").join("")}`;
}

/** The marks that close what is open at the end of a paragraph. */
function closingMarks(paragraph: string): string {
  const open: string[] = [];
  for (const node of phrasingIn(parseMarkdown(paragraph, { isGrowing: true }))) {
    if (node.type !== "text") continue;
    const end = endOf(node);
    for (const { 0: mark, index } of paragraph
      .slice(0, end)
      .slice(startOf(node))
      .matchAll(/\\[^]|`+|\*+|_+|~~/g)) {
      const at = startOf(node) + index;
      // The rest of the text is code.
      if (mark.startsWith("`")) return mark + open.reverse().join("");
      if (!mark.startsWith("\\") && canOpen(paragraph, at, mark)) open.push(mark);
    }
  }
  return open.reverse().join("");
}

/** The content of the last paragraph, heading or cell. */
function phrasingIn(node: Nodes): readonly PhrasingContent[] {
  if (!("children" in node)) return [];
  const last = (node as Parents).children.at(-1);
  const isLeaf = node.type === "paragraph" || node.type === "heading" || node.type === "tableCell";
  if (isLeaf) return node.children as PhrasingContent[];
  return last ? phrasingIn(last) : [];
}

/**
 * Whether emphasis can begin with a mark, by CommonMark's rules. A mark between two letters or digits, as in 5*3, is
 * not taken for one yet, although it could be.
 */
function canOpen(text: string, at: number, mark: string): boolean {
  const before = /.$/u.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? " ";
  const after = /^./u.exec(text.slice(at + mark.length, at + mark.length + 2))?.[0] ?? " ";
  // Before a closing bracket, as in COUNT(*), a mark would have to be closed behind it.
  if (mark.length > 3 || /[\s)\]},;]/.test(after)) return false;
  if (mark.length === 1 && text.length - at > MAX_EMPHASIS_LENGTH) return false;
  const isInWord = /[\p{L}\p{N}]/u.test(before) && !opensBehind(before);
  if (isInWord || (mark.startsWith("_") && /[\p{L}\p{N}]/u.test(before))) return false;
  return !/[\p{P}\p{S}]/u.test(after) || /[\s\p{P}\p{S}]/u.test(before) || opensBehind(before);
}
