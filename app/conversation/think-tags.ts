import type { Part } from "./session";

/** Tags in which models without a field for their thoughts put them, at the start of an answer. */
const NAMES = "think|thinking|thought";
const OPENING = new RegExp(`^\\s*<(${NAMES})>`, "i");
/** One that closes nothing: a template had opened it, and its thoughts came elsewhere or not at all. */
const STRAY_CLOSING = new RegExp(`^\\s*</(?:${NAMES})>`, "i");
const CLOSING = new RegExp(`</(?:${NAMES})>`, "gi");
const CLOSING_BY_NAME = new Map(NAMES.split("|").map((name) => [name, `</${name}>`]));
/** Beginnings of those tags. One of an answer's first characters must be waited for, as long as it could be one. */
const TAGS = NAMES.split("|").flatMap((name) => [`<${name}>`, `</${name}>`]);

/** White space before a tag is waited through no longer than this, in UTF-16 units. */
const MAX_SPACE = 1_000;

type Piece = { type: Part["type"]; text: string };

/**
 * Tells thoughts in tags from the answer after them, in pieces of a text as they come. What could be the beginning
 * of a tag is held back until the next piece; white space around thoughts is left out.
 */
export function createThinkSplitter() {
  let state: "start" | "thinking" | "answer" = "start";
  let closing = "";
  let held = "";
  /** Whether thoughts have begun with something visible, and white space that may be their end. */
  let hasThoughts = false;
  let space = "";
  let isAfterThoughts = false;

  function* thoughts(text: string): Generator<Piece> {
    const whole = space + text;
    const words = whole.trimEnd();
    space = whole.slice(words.length);
    const visible = hasThoughts ? words : words.trimStart();
    if (visible === "") return;
    hasThoughts = true;
    yield { type: "reasoning", text: visible };
  }

  function* start(): Generator<Piece> {
    const opening = OPENING.exec(held);
    const stray = opening ?? STRAY_CLOSING.exec(held);
    if (opening) {
      state = "thinking";
      closing = CLOSING_BY_NAME.get(opening[1]!.toLowerCase())!;
      [hasThoughts, space] = [false, ""];
    }
    if (stray) {
      isAfterThoughts = true;
      held = held.slice(stray[0].length);
      return yield* opening ? thinking() : start();
    }
    const begun = held.trimStart().toLowerCase();
    if (held.length < MAX_SPACE && TAGS.some((tag) => tag.startsWith(begun))) return;
    state = "answer";
    yield* answer(isAfterThoughts ? held.trimStart() : held);
  }

  function* thinking(): Generator<Piece> {
    const at = held.toLowerCase().indexOf(closing);
    if (at < 0) {
      const kept = lengthOfBeginning(held.toLowerCase(), closing);
      const text = held.slice(0, held.length - kept);
      held = held.slice(text.length);
      return yield* thoughts(text);
    }
    const text = held.slice(0, at);
    held = held.slice(at + closing.length);
    yield* thoughts(text);
    [state, space] = ["start", ""];
    yield* start();
  }

  function* answer(text: string): Generator<Piece> {
    held = "";
    if (text !== "") yield { type: "text", text };
  }

  return {
    *feed(text: string): Generator<Piece> {
      held += text;
      if (state === "start") yield* start();
      else if (state === "thinking") yield* thinking();
      else yield* answer(held);
    },
    /** What was held back, once nothing more comes. */
    *end(): Generator<Piece> {
      const rest = held;
      held = "";
      if (state === "thinking") yield* thoughts(rest);
      else if (rest !== "" && (!isAfterThoughts || rest.trim() !== "")) {
        state = "answer";
        yield* answer(rest);
      }
    },
  };
}

/** How many of the last characters of a text are the first of a tag. */
function lengthOfBeginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(text.slice(-length))) return length;
  }
  return 0;
}

/**
 * A whole text, taken apart. Also where the opening tag is missing, which some templates write in the place of the
 * model: then all up to the closing tag are thoughts, unless the tag is spoken of, in code.
 */
export function splitThoughts(text: string): { reasoning: string; text: string } {
  const splitter = createThinkSplitter();
  const pieces = [...splitter.feed(text), ...splitter.end()];
  const of = (type: Piece["type"]) =>
    pieces.flatMap((piece) => (piece.type === type ? [piece.text] : [])).join("");
  const answer = of("text");
  const closing = unopenedClosing(answer);
  if (!closing) return { reasoning: of("reasoning"), text: answer };
  const rest = splitThoughts(answer.slice(closing.end));
  const thoughts = [of("reasoning"), answer.slice(0, closing.start).trim(), rest.reasoning];
  return { reasoning: thoughts.filter(Boolean).join("\n\n"), text: rest.text.trimStart() };
}

function unopenedClosing(text: string): { start: number; end: number } | null {
  const [found] = text.matchAll(CLOSING);
  if (!found) return null;
  const before = text.slice(0, found.index);
  const isSpokenOf = new RegExp(`<(?:${NAMES})>`, "i").test(before) || isInCode(before);
  return isSpokenOf ? null : { start: found.index, end: found.index + found[0].length };
}

function isInCode(before: string): boolean {
  const fences = before.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return fences % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

/**
 * The parts of an answer, without thoughts in its first text: they become a part of their own. A provider that sends
 * thoughts apart leaves none in the text.
 */
export function foldThoughts(parts: readonly Part[]): readonly Part[] {
  const [first, ...others] = parts;
  if (first?.type !== "text") return parts;
  const { reasoning, text } = splitThoughts(first.text);
  if (reasoning === "") return parts;
  const thoughts: Part = { type: "reasoning", text: reasoning };
  return [thoughts, ...(text === "" ? [] : [{ ...first, text }]), ...others];
}

/** A text without the thoughts in tags that it begins with; where nothing else is in it, without the tags. */
export function withoutThinkTags(text: string): string {
  const splitter = createThinkSplitter();
  const pieces = [...splitter.feed(text), ...splitter.end()];
  const rest = pieces.flatMap((piece) => (piece.type === "text" ? [piece.text] : [])).join("");
  return rest.trim() === "" ? text.replace(new RegExp(`</?(?:${NAMES})>`, "gi"), " ") : rest;
}
