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
const BLOCK_MARKS = /^\s*(?:>\s?)*\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(?:\[[ xX]\]\s+)?(?:#{1,6}\s+)?(?:\|\s*)?/;
const CODE_SPAN = /(`+)(.+?)\1(?!`)/;

function inlineWords(line: string): string {
  const code = CODE_SPAN.exec(line);
  if (!code) return withoutMarks(line);
  const rest = line.slice(code.index + code[0].length);
  return `${withoutMarks(line.slice(0, code.index))}${code[2]!.trim()}${inlineWords(rest)}`;
}

function withoutMarks(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s*\|\s*/g, " ")
    .replace(/<br\s*\/?>/gi, " ")
    .replace(/(?<![\w\\])(\*{1,3}|_{1,3}|~~)(?=\S)|(?<=[^\s\\])(\*{1,3}|~~)|(?<=[^\s\\])_{1,3}(?!\w)/g, "")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
}
