import type { Part, WordsPart } from "~/conversation/session/session";

/** Names of tags around reasoning, from models without a separate field for it. */
const NAMES = ["think", "thinking", "thought", "reasoning", "seed:think"];
/** Closing tags by their opening ones. `[THINK]` is Mistral's, `◁think▷` Kimi's, the last OpenThinker's. */
export const CLOSING_OF: ReadonlyMap<string, string> = new Map([
  ...NAMES.map((name) => [`<${name}>`, `</${name}>`] as const),
  ["[think]", "[/think]"],
  ["◁think▷", "◁/think▷"],
  ["<|begin_of_thought|>", "<|end_of_thought|>"],
]);
/** All tags. The first characters of an answer are held back while they may be the beginning of one. */
const TAGS = [...CLOSING_OF].flat();

export const anyOf = (tags: Iterable<string>) =>
  [...tags].map((tag) => tag.replace(/[[\]|]/g, "\\$&")).join("|");
const OPENING = new RegExp(`^\\s*(${anyOf(CLOSING_OF.keys())})`, "i");
/** A closing tag without an opening one, which the template has written: the reasoning came separately, or not. */
const STRAY_CLOSING = new RegExp(`^\\s*(?:${anyOf(CLOSING_OF.values())})`, "i");
const ANY_OPENING = new RegExp(anyOf(CLOSING_OF.keys()), "i");
const ANY_CLOSING = new RegExp(anyOf(CLOSING_OF.values()), "i");
const ANY_TAGS = new RegExp(anyOf(TAGS), "gi");

/** White space that is held back at most, in UTF-16 units. */
const MAX_SPACE = 1_000;

/** Reads an answer up to a tag within it that opens reasoning. */
export type LineReader = {
  /** @returns the length of the text that is part of the answer, and the tag that follows it */
  read: (text: string, isEnded: boolean) => { length: number; tag: string | null };
};

type Piece = { type: WordsPart["type"]; text: string };

/**
 * Separates reasoning in tags from the answer, in a text that arrives in pieces. Text that may be the beginning of a tag
 * is held back until the next piece. White space before the answer and around its reasoning is removed. Without `lines`,
 * only reasoning before the answer is separated.
 *
 * A state machine: `start` (before a tag or the answer) to `thinking` (in a tag) and back, or to `answer` and from there
 * to `thinking`.
 */
export function createThinkSplitter(lines: LineReader | null = null) {
  let state: "start" | "thinking" | "answer" = "start";
  let closing = "";
  let held = "";
  let isAfterThoughts = false;
  /** Goes before the reasoning of a further pair of tags. */
  let separator = "";
  let thoughts = createTrimmer();
  let isEnded = false;

  /** Makes one transition. @returns false where more text is needed */
  function step(pieces: Piece[]): boolean {
    if (state === "start") return begin();
    if (state === "thinking") return think(pieces);
    return answer(pieces);
  }

  function open(tag: string) {
    state = "thinking";
    isAfterThoughts = true;
    closing = CLOSING_OF.get(tag.toLowerCase())!;
    thoughts = createTrimmer();
  }

  function answer(pieces: Piece[]): boolean {
    const { length, tag } = lines?.read(held, isEnded) ?? { length: held.length, tag: null };
    if (length > 0) pieces.push({ type: "text", text: held.slice(0, length) });
    held = held.slice(length);
    if (tag === null) return false;
    held = held.trimStart().slice(tag.length);
    open(tag);
    return true;
  }

  function begin(): boolean {
    const opening = OPENING.exec(held);
    const tag = opening ?? STRAY_CLOSING.exec(held);
    if (tag) {
      isAfterThoughts = true;
      held = held.slice(tag[0].length);
    }
    if (opening) open(opening[1]!);
    if (tag) return true;
    const begun = held
      .slice(0, 2 * MAX_SPACE)
      .trimStart()
      .toLowerCase();
    if (held.length < MAX_SPACE && TAGS.some((each) => each.startsWith(begun))) return false;
    state = "answer";
    if (isAfterThoughts) held = held.trimStart();
    return true;
  }

  function think(pieces: Piece[]): boolean {
    const at = held.search(new RegExp(anyOf([closing]), "i"));
    const length = at < 0 ? held.length - lengthOfBeginning(held, closing) : at;
    const text = thoughts.add(held.slice(0, length));
    if (text !== "") {
      pieces.push({ type: "reasoning", text: separator + text });
      separator = "";
    }
    held = held.slice(length + (at < 0 ? 0 : closing.length));
    if (at < 0) return false;
    state = "start";
    if (thoughts.isBegun()) separator = "\n\n";
    return true;
  }

  return {
    feed(text: string): Piece[] {
      const pieces: Piece[] = [];
      held += text;
      while (step(pieces));
      return pieces;
    },
    /** Returns the text that was held back, after the last piece. */
    end(): Piece[] {
      const pieces: Piece[] = [];
      isEnded = true;
      if (state === "answer") while (step(pieces));
      isEnded = false;
      const isThought = state === "thinking";
      const rest = isThought ? thoughts.add(held) : isAfterThoughts ? held.trimStart() : held;
      held = "";
      if (rest === "") return pieces;
      if (!isThought) state = "answer";
      pieces.push(isThought ? { type: "reasoning", text: separator + rest } : { type: "text", text: rest });
      return pieces;
    },
  };
}

/** Trims a text that arrives in pieces. More than MAX_SPACE of white space is passed on, so that memory is bounded. */
function createTrimmer() {
  let isBegun = false;
  let space = "";
  return {
    isBegun: () => isBegun,
    add(text: string): string {
      const whole = space + text;
      const words = whole.length - whole.trimEnd().length > MAX_SPACE ? whole : whole.trimEnd();
      space = whole.slice(words.length);
      const passed = isBegun ? words : words.trimStart();
      isBegun ||= passed !== "";
      return passed;
    },
  };
}

/** Length of the longest suffix of a text that is a prefix of a tag. */
function lengthOfBeginning(text: string, tag: string): number {
  const end = text.slice(1 - tag.length).toLowerCase();
  for (let length = end.length; length > 0; length--) {
    if (tag.startsWith(end.slice(-length))) return length;
  }
  return 0;
}

/**
 * Separates reasoning and answer of a whole text. Also without an opening tag, which some templates write instead of the
 * model: then all text up to the closing tag is reasoning, unless the tag is quoted in code or follows an opening one.
 */
export function splitThoughts(text: string): { reasoning: string; text: string } {
  const whole = split(text);
  const closing = unopenedClosing(whole.text);
  if (!closing) return whole;
  const rest = split(whole.text.slice(closing.end));
  const thoughts = [whole.reasoning, whole.text.slice(0, closing.start).trim(), rest.reasoning];
  return { reasoning: thoughts.filter(Boolean).join("\n\n"), text: rest.text.trimStart() };
}

function split(text: string): { reasoning: string; text: string } {
  const splitter = createThinkSplitter();
  const pieces = [...splitter.feed(text), ...splitter.end()];
  const of = (type: Piece["type"]) =>
    pieces.flatMap((piece) => (piece.type === type ? [piece.text] : [])).join("");
  return { reasoning: of("reasoning"), text: of("text") };
}

function unopenedClosing(text: string): { start: number; end: number } | null {
  const found = ANY_CLOSING.exec(text);
  if (!found) return null;
  const before = text.slice(0, found.index);
  const isSpokenOf = ANY_OPENING.test(before) || isInCode(before);
  return isSpokenOf ? null : { start: found.index, end: found.index + found[0].length };
}

function isInCode(before: string): boolean {
  const fences = before.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return fences % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

/**
 * Moves reasoning in tags from the first text of an answer to a part of its own. Answers of providers that send
 * reasoning separately stay as they are.
 */
export function foldThoughts(parts: readonly Part[]): readonly Part[] {
  const [first, ...others] = parts;
  if (first?.type !== "text") return parts;
  const { reasoning, text } = splitThoughts(first.text);
  if (text === first.text) return parts;
  const pieces: WordsPart[] = [
    { type: "reasoning", text: reasoning },
    { ...first, text },
  ];
  return [...pieces.filter((piece) => piece.text !== ""), ...others];
}

/** A title for display: earlier versions made some titles from reasoning, including its tags. */
export function titleWithoutTags(title: string): string {
  return withoutThinkTags(title).trim();
}

/** A text without its reasoning in tags; without only the tags if nothing else is left. */
export function withoutThinkTags(text: string): string {
  const rest = split(text).text;
  return rest.trim() === "" ? text.replace(ANY_TAGS, " ") : rest;
}
