import { escaped, memberOfClass, quoted, withCodePoints, withGenerics } from "./diagram-labels";

/** How lines of Mermaid's other charts are mended, each under the word that the chart begins with. */

/** Parts of a pie: without quotes, or with a unit or thousands that Mermaid does not read. */
export function pie(line: string): string {
  const [, indent = "", name, value = ""] =
    /^(\s*)(?!title\b|acc(?:Title|Descr)\b)(\S.*?)\s*:\s*\p{Sc}?\s*(\d[\d.,]*)\s*[%\p{Sc}]?\s*$/u.exec(
      line,
    ) ?? [];
  if (name === undefined) return line;
  const label = name.replace(/^(["'])(.*)\1$/, "$2");
  return `${indent}${quoted(label)} : ${withDecimalPoint(value)}`;
}

/** A number without thousands' commas, and with a point for a decimal comma. */
function withDecimalPoint(number: string): string {
  return number.replace(/,(?=\d{3}\b)/g, "").replace(",", ".");
}

/**
 * Flows between names, in quotes and ASCII, which is all that Mermaid reads, and amounts without units. What has no amount,
 * such as a title or the names of the columns, becomes a comment.
 */
export function sankey(line: string): string {
  const [from, to, ...rest] = line.replace(/\s+(?:--?>|→)\s+/, ",").match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  const amount = /\d[\d.,]*/.exec(rest.join(",").replace(/(?<=\d)[ \u00A0\u202F](?=\d{3}\b)/g, ""))?.[0];
  if (from === undefined || to === undefined || amount === undefined) return `%% ${line.trim()}`;
  const names = [from, to].map((name) => {
    const text = name
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .replaceAll('""', '"');
    return `"${withCodePoints(text).replaceAll('"', '""')}"`;
  });
  return [...names, withDecimalPoint(amount)].join(",");
}

const RELATION = /^(\s*)(.+?)\s+([|}][|o](?:--|\.\.)[|o][|{])\s+(.+?)(?:\s*:\s*(.*?))?\s*$/;
/** The type of an attribute, with parameters. */
const PARAMETERS = /^(\s*[^\s(<]+)[(<]([^)>]*)[)>]/;
const ATTRIBUTE =
  /^(\s*\S+\s+\S+(?:\s+(?:PK|FK|UK)(?:\s*,\s*(?:PK|FK|UK))*)?)\s+(?!(?:PK|FK|UK)\b)([^\s"].*?)\s*$/;

/** Names and labels of relations, and what follows the name of an attribute. */
export function erDiagram(line: string): string {
  const [, indent = "", from, mark = "", to = "", label = ""] = RELATION.exec(line) ?? [];
  if (from !== undefined) return `${indent}${ofWords(from)} ${mark} ${ofWords(to)} : ${quoted(label)}`;
  const [, before = "", entity] = /^(\s*)(\S.*?)\s*\{\s*$/.exec(line) ?? [];
  if (entity !== undefined) return `${before}${ofWords(entity)} {`;
  return line
    .replace(PARAMETERS, (_, type: string, list: string) => `${type}(${list.replace(/[\s"']/g, "")})`)
    .replace(ATTRIBUTE, (_, attribute: string, rest: string) => `${attribute} ${quoted(rest)}`);
}

/** Quoted if it is more than a word. */
function ofWords(name: string): string {
  return /^[\p{L}\p{N}_-]+$/u.test(name) ? name : quoted(name);
}

const OTHER_OF_CLASSES =
  /^\s*(?:note|namespace|style|classDef|click|link|callback|cssClass|direction|title|acc(?:Title|Descr))\b|\{\s*$|^\s*\}\s*$/;

/** Types with parameters, labels of classes and relations, and braces in members. */
export function classDiagram(line: string): string {
  if (/^\s*class\b/.test(line))
    return withGenerics(line, "~$1~")
      .replace(/^(\s*class\s+)"([^"]*)"/, "$1`$2`")
      .replace(
        /^(\s*class\s+[^\s[]+\s*\[)(.*)(\]\s*)$/,
        (_, before: string, label: string, after: string) => `${before}${quoted(label)}${after}`,
      );
  if (OTHER_OF_CLASSES.test(line)) return line;
  const [, before, text = ""] = /^(.*(?:--|\.\.)[^:]*:?|\s*\S+\s+:)(.*)$/.exec(line) ?? [];
  if (before === undefined) return alike(memberOfClass(line), /[{}]/g);
  return withGenerics(before, "~$1~") + alike(memberOfClass(text), /[{}:]/g);
}

/** Entities would be drawn as they are written. */
const ALIKE: Record<string, string> = { "{": "❴", "}": "❵", ":": "∶" };

function alike(text: string, marks: RegExp): string {
  return text.replace(marks, (mark) => ALIKE[mark]!);
}

/** Marks in the names of sections and tasks that end a name. */
export function gantt(line: string): string {
  const [, before, text = ""] = /^(\s*(?:title|section)\s+)(.*)$/.exec(line) ?? [];
  if (before !== undefined) return before + escaped(text, /[:;#]/g);
  // A time may follow, as in "Tea :10:30, 5m".
  const [, name, data = ""] = /^(.*\S)(\s+:.*)$/.exec(line) ?? /^([^:]*)(:.*)$/.exec(line) ?? [];
  return name === undefined ? line : escaped(name, /[:;#]/g) + data;
}

/** Names of states with hyphens, in which Mermaid sees half an arrow. They get hyphens that do not break. */
export function stateDiagram(line: string): string {
  const colon = line.search(/:(?!:)/);
  const end = colon < 0 ? line.length : colon;
  return line.slice(0, end).replace(/(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])/gu, "\u2011") + line.slice(end);
}

export function quadrantChart(line: string): string {
  const [, axis, ends = ""] = /^(\s*[xy]-axis\s+)(.*)$/.exec(line) ?? [];
  if (axis !== undefined) return axis + ends.split("-->").map(quoted).join(" --> ");
  return line
    .replace(/^(\s*quadrant-[1-4]\s+)(.*)$/, (_, before: string, text: string) => before + quoted(text))
    .replace(
      /^(\s*)(\S.*?)\s*:\s*(\[.*)$/,
      (_, before: string, text: string, at: string) => `${before}${quoted(text)}: ${at}`,
    );
}

const AXIS = /^(\s*[xy]-axis\s+)(.*?)\s*(\[.*\]|-?[\d.]+\s*-->\s*-?[\d.]+)?\s*$/;

export function xychart(line: string): string {
  const [, title, text = ""] = /^(\s*title\s+)(.*)$/.exec(line) ?? [];
  if (title !== undefined) return title + quoted(text);
  const [, axis, name = "", range = ""] = AXIS.exec(line) ?? [];
  if (axis === undefined) return line;
  const values = range.startsWith("[")
    ? `[${(range.slice(1, -1).match(/"[^"]*"|[^,"]+/g) ?? [])
        .filter((each) => each.trim())
        .map(quoted)
        .join(", ")}]`
    : range;
  return axis + [name && quoted(name), values].filter(Boolean).join(" ");
}

export function gitGraph(line: string): string {
  return line.replace(
    /\b(id|tag|msg):\s*([^\s"][^"]*?)(?=\s+(?:id|tag|msg|type|parent|order):|\s*$)/g,
    (_, key: string, text: string) => `${key}: ${quoted(text)}`,
  );
}

/** Colons in the name of a section or in a time of day, which end a name. */
export function timeline(line: string): string {
  return journey(line).replace(/^(\s*\d{1,2}):(?=\d{2}\b)/, "$1#58;");
}

export function journey(line: string): string {
  return line.replace(
    /^(\s*section\s+)(.*)$/,
    (_, before: string, text: string) => before + escaped(text, /:/g),
  );
}

export function kanban(line: string): string {
  return line.replace(
    /^(\s*[\w-]*)\[(.*)\](\s*)$/,
    (_, id: string, text: string, end: string) => `${id}[${quoted(text)}]${end}`,
  );
}

export function requirementDiagram(line: string): string {
  return line.replace(
    /^(\s*(?:id|text|docref|type)\s*:\s*)(\S.*?)\s*$/,
    (_, before: string, text: string) => before + quoted(text),
  );
}
