/**
 * Markdown that ends with a fence, a formula, a comment or an element still open, with these closed, so that they do not
 * swallow what is appended. Follows CommonMark's rules for containers, by which a fence in a list ends with the list; does
 * not parse text, which would take long for the texts of a model in a loop.
 */
export function closeMarkdown(markdown: string): string {
  let containers: Container[] = [];
  let code: Open | null = null;
  let math: Open | null = null;
  /** Depth of the raw HTML that an empty line ends; fences in it are text. */
  let html = Infinity;
  let isParagraph = false;
  const elements: string[] = [];

  for (const line of markdown.split("\n")) {
    const inside = withinContainers(line, containers);
    if (code && inside.depth >= code.depth) {
      if (code.closes(inside.rest)) code = null;
      continue;
    }
    code = null;
    const isInHtml = html <= inside.depth && inside.rest.trim() !== "";
    const begun: Begun = isInHtml ? { containers: [], rest: inside.rest } : beginContainers(inside.rest);
    // A paragraph in a container also goes on in lines without its mark or indent.
    if (
      isParagraph &&
      inside.depth < containers.length &&
      begun.containers.length === 0 &&
      isText(begun.rest)
    )
      continue;
    containers = [...containers.slice(0, inside.depth), ...begun.containers];
    const place = { depth: containers.length, prefix: containers.map(prefixOf).join("") };
    const text = begun.rest;
    isParagraph = isText(text) && !/^ {4}/.test(text);
    if (math && math.depth > containers.length) math = null;
    if (text.trim() === "" || html > containers.length) html = Infinity;
    if (HTML.test(text)) html = Math.min(html, containers.length);
    if (html < Infinity) {
      countElements(text, elements);
      continue;
    }
    if (/^ {4}/.test(text)) continue;
    const opened = openedCode(text);
    if (opened) {
      code = { ...opened, ...place };
      continue;
    }
    math = afterMath(math, text, place);
    countElements(text, elements);
  }
  const ends = [code, math].flatMap((open) => (open ? [`${open.prefix}${open.end}`] : []));
  if (elements.length > 0)
    ends.push(
      `\n${elements
        .reverse()
        .map((name) => `</${name}>`)
        .join("")}`,
    );
  return ends.length === 0 ? markdown : [markdown.trimEnd(), ...ends].join("\n");
}

/** A quote, or a list item with the columns that its content is indented by. */
type Container = "quote" | number;

type Begun = { containers: Container[]; rest: string };

type Open = {
  /** Number of containers around it, with one of which it ends. */
  depth: number;
  prefix: string;
  end: string;
  closes: (line: string) => boolean;
};

/** Elements that contain what follows. Others are left open: they may be a name in a text, such as `List<T>`. */
const ELEMENTS = new Set(
  "details summary div section center table thead tbody tr td th ul ol li blockquote pre b i u s em strong mark small big sub sup kbd code font a".split(
    " ",
  ),
);

function withinContainers(line: string, containers: readonly Container[]): { depth: number; rest: string } {
  let rest = line.replace(/^[ \t]+/, (space) => space.replaceAll("\t", "    "));
  for (const [depth, container] of containers.entries()) {
    if (container === "quote") {
      const mark = QUOTE.exec(rest);
      if (!mark) return { depth, rest };
      rest = rest.slice(mark[0].length);
    } else if (rest.trim() !== "") {
      if (!rest.startsWith(" ".repeat(container))) return { depth, rest };
      rest = rest.slice(container);
    }
  }
  return { depth: containers.length, rest };
}

const HTML =
  /^ {0,3}<\/?(?:details|summary|div|section|center|table|thead|tbody|tr|t[dh]|[uo]l|li|blockquote|p|h[1-6r])(?=[\s>/]|$)/i;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3}(?:[-*+]|\d{1,9}[.)]))( +|$)/;
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
/** More are a model in a loop. */
const MAX_DEPTH = 100;

function beginContainers(line: string): Begun {
  const containers: Container[] = [];
  let rest = line;
  while (containers.length < MAX_DEPTH && !RULE.test(rest)) {
    const [quote] = QUOTE.exec(rest) ?? [];
    const [item, mark = "", space = ""] = ITEM.exec(rest) ?? [];
    if (quote !== undefined) containers.push("quote");
    else if (item !== undefined)
      containers.push(mark.length + (space.length > 4 || item === rest ? 1 : space.length));
    else break;
    const last = containers.at(-1)!;
    rest = rest.slice(last === "quote" ? quote!.length : last);
  }
  return { containers, rest };
}

/** Whether a line can be of a paragraph. */
function isText(line: string): boolean {
  return (
    line.trim() !== "" &&
    !RULE.test(line) &&
    !HTML.test(line) &&
    !/^ {0,3}#{1,6}(?: |$)/.test(line) &&
    !openedCode(line)
  );
}

function prefixOf(container: Container): string {
  return container === "quote" ? "> " : " ".repeat(container);
}

/** What the lines after this one belong to, if it opens a fence or raw HTML that only its end closes. */
function openedCode(line: string): Pick<Open, "end" | "closes"> | null {
  const [indented, fence] = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
  if (fence !== undefined) {
    const closing = new RegExp(`^ {0,3}${fence[0]!}{${String(fence.length)},} *$`);
    // Indented like its beginning, it is in the same container even if that was not recognised.
    return { end: indented!, closes: (text) => closing.test(text) };
  }
  const [, opening] =
    /^ {0,3}<(!--|\?|!\[CDATA\[|![a-z]|(?:script|pre|style|textarea)(?=[\s>]|$))/i.exec(line) ?? [];
  if (opening === undefined) return null;
  const end = RAW_ENDS[opening.toLowerCase()] ?? (opening.startsWith("!") ? ">" : `</${opening}>`);
  const closes = (text: string) => text.toLowerCase().includes(end.toLowerCase());
  return closes(line) ? null : { end, closes };
}

const RAW_ENDS: Record<string, string> = { "!--": "-->", "?": "?>", "![cdata[": "]]>" };

function afterMath(open: Open | null, line: string, place: Pick<Open, "depth" | "prefix">): Open | null {
  if (open) return open.closes(line) ? null : open;
  const [, mark, rest = ""] = /^ {0,3}(\$\$|\\\[)(.*)/.exec(line) ?? [];
  if (mark === undefined) return null;
  const end = mark === "$$" ? mark : "\\]";
  const closes = (text: string) => text.includes(end);
  return closes(rest) ? null : { ...place, end, closes };
}

/** Adds the elements that a line opens, and removes those that it closes. */
function countElements(line: string, open: string[]): void {
  const tags = line.replace(/(`+)[^`]+\1/g, "").matchAll(/<(\/?)([a-z][a-z\d]*)(?=[\s>/])[^<>]*?(\/?)>/gi);
  for (const { 1: closing, 2: tag = "", 3: isEmpty } of tags) {
    const name = tag.toLowerCase();
    if (!ELEMENTS.has(name) || isEmpty) continue;
    const at = open.lastIndexOf(name);
    if (!closing) open.push(name);
    else if (at >= 0) open.length = at;
  }
}
