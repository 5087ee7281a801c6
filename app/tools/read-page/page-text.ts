import { Tokenizer } from "htmlparser2";
import { PageProblem, type FetchedPage } from "./fetch-page";

export type PageText = { title: string; text: string };

const MAX_TEXT_LENGTH = 60_000;
const MAX_TITLE_LENGTH = 300;

/** The readable text of a page. @throws PageProblem where it has none */
export function pageText({ url, type, charset, bytes }: FetchedPage): PageText {
  const isHtml = type.includes("html");
  const source = decode(bytes, charset ?? (isHtml ? charsetIn(bytes) : null));
  const { title, text } = isHtml ? readable(source) : { title: url.pathname, text: source };
  const clean = tidy(text);
  if (clean === "") throw new PageProblem("It has no text that can be read without its scripts.");
  const isWhole = clean.length <= MAX_TEXT_LENGTH;
  return {
    title: tidy(title).replace(/\s+/g, " ").slice(0, MAX_TITLE_LENGTH) || url.hostname,
    text: isWhole ? clean : `${clean.slice(0, MAX_TEXT_LENGTH)}\n(The rest is left out.)`,
  };
}

function decode(bytes: Buffer, charset: string | null): string {
  try {
    return new TextDecoder(charset ?? "utf-8").decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function charsetIn(bytes: Buffer): string | null {
  const head = bytes.subarray(0, 2_048).toString("latin1");
  return /<meta[^>]{1,200}charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ?? null;
}

/** Elements whose text is not for readers, and those that stand beside the content of a page. */
const HIDDEN: ReadonlySet<string> = new Set(
  "script style noscript template svg iframe select textarea object head".split(" "),
);
const BESIDE: ReadonlySet<string> = new Set("nav header footer aside form button menu dialog".split(" "));
/** Elements with the content of a page. */
const CONTENT: ReadonlySet<string> = new Set(["main", "article"]);
/** Elements that stand on lines of their own. */
const BLOCKS: ReadonlySet<string> = new Set(
  (
    "p div section article main li ul ol tr table h1 h2 h3 h4 h5 h6 pre blockquote br hr dt dd figcaption " +
    "header footer nav aside"
  ).split(" "),
);
/** Less text than this is not taken for the content of a page, in characters. */
const MIN_CONTENT_LENGTH = 200;

/**
 * Reads HTML by its tokens, in linear time and without a tree: pages may be hostile, and deep or broken ones keep a parser
 * busy for minutes.
 */
function readable(html: string): PageText {
  const pieces = { title: "", all: "", beside: "", content: "" };
  const open = new Map<string, number>();
  const isIn = (names: ReadonlySet<string>) => [...names].some((name) => (open.get(name) ?? 0) > 0);
  let [isHidden, isBeside, isContent] = [false, false, false];

  function count(name: string, change: 1 | -1) {
    if (!HIDDEN.has(name) && !BESIDE.has(name) && !CONTENT.has(name) && name !== "title") return;
    open.set(name, Math.max(0, (open.get(name) ?? 0) + change));
    [isHidden, isBeside, isContent] = [isIn(HIDDEN), isIn(BESIDE), isIn(CONTENT)];
  }

  function add(text: string) {
    if ((open.get("title") ?? 0) > 0) pieces.title += text;
    else if (!isHidden) {
      pieces.all += text;
      if (!isBeside) pieces.beside += text;
      if (isContent && !isBeside) pieces.content += text;
    }
  }

  const nothing = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      onopentagname(start, end) {
        const name = html.slice(start, end).toLowerCase();
        count(name, 1);
        // Real pages may leave the head open.
        if (name === "body") open.delete("head");
        if (BLOCKS.has(name)) add("\n");
      },
      onclosetag(start, end) {
        const name = html.slice(start, end).toLowerCase();
        if (BLOCKS.has(name)) add("\n");
        count(name, -1);
      },
      ontext: (start, end) => add(html.slice(start, end)),
      ontextentity: (codepoint) => add(String.fromCodePoint(codepoint)),
      ...{ onattribdata: nothing, onattribentity: nothing, onattribend: nothing, onattribname: nothing },
      ...{ oncdata: nothing, oncomment: nothing, ondeclaration: nothing, onprocessinginstruction: nothing },
      ...{ onend: nothing, onopentagend: nothing, onselfclosingtag: nothing },
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  const { title, ...texts } = pieces;
  const isEnough = (text: string) => tidy(text).length >= MIN_CONTENT_LENGTH;
  const text = isEnough(texts.content) ? texts.content : isEnough(texts.beside) ? texts.beside : texts.all;
  return { title, text };
}

function tidy(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\S\n]+/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
