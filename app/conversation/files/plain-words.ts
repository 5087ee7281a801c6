import { decodeEntities } from "./decode-entities";

/**
 * The words of Markdown as they are shown, without its marks, for snippets and for finding. Line by line and without a
 * parser, since thousands of messages are searched while a person types.
 */
export function plainWords(markdown: string): string {
  let fence: string | null = null;
  const shown: string[] = [];
  for (const line of markdown.split("\n")) {
    const mark: string | undefined = /^\s*(?:[-*+]\s+|\d+[.)]\s+|>\s?)*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
      else shown.push(line);
    } else if (mark !== undefined) fence = mark;
    else if (!DELIMITERS.test(line)) shown.push(inlineWords(line.replace(BLOCK_MARKS, "")));
  }
  return shown.join("\n");
}

/** The line under a table's head, or a rule. */
const DELIMITERS = /^\s*(?:\|?[\s:|-]*-{2,}[\s:|-]*|[*_=]{3,}\s*)$/;
/** Of quotations, lists, tasks, headings and the first cell of a row. */
const BLOCK_MARKS =
  /^\s*(?:>\s?)*\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(?:\[[ xX]\]\s+|\[![A-Za-z]+\]|\[\^[^\]\s]+\]:\s*)?(?:#{1,6}\s+)?(?:\|\s*)?/;
/** Of elements of HTML that are drawn: those in text, and all others, at which a line ends. */
const TEXT_TAG =
  /<\/?(?:a|abbr|b|bdi|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|r[bpt]|ruby|s|samp|small|span|strike|strong|su[bp]|tt|u|var|wbr)(?:\s[^<>]*)?>/gi;
const BLOCK_TAG =
  /<\/?(?:blockquote|br|caption|center|col|colgroup|d[dlt]|details|div|fig[a-z]+|h[1-6r]|li|[ou]l|p|pre|section|summary|t[dhr]|table|tbody|tfoot|thead)(?:\s[^<>]*)?\/?>/gi;
const CODE_SPAN = /(`+)(.+?)\1(?!`)/;

function inlineWords(line: string): string {
  const code = CODE_SPAN.exec(line);
  if (!code) return withoutMarks(line);
  const rest = line.slice(code.index + code[0].length);
  return `${withoutMarks(line.slice(0, code.index))}${code[2]!.trim()}${inlineWords(rest)}`;
}

function withoutMarks(text: string): string {
  const unmarked = text
    .replace(/!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replace(/\[\^([^\]\s]+)\]/g, "$1")
    .replace(/<(https?:[^<>\s]*)>/g, "$1")
    .replace(/\s*\|\s*/g, " ")
    .replace(TEXT_TAG, "")
    .replace(BLOCK_TAG, "\n")
    .replace(/(?<![\w\\])(\*{1,3}|_{1,3}|~~)(?=\S)|(?<=[^\s\\])(\*{1,3}|~~)|(?<=[^\s\\])_{1,3}(?!\w)/g, "")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
  return decodeEntities(unmarked);
}
