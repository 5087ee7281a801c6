import { anyOf, CLOSING_OF, type LineReader } from "./think-tags";

/** A tag at the beginning of a later line. */
const LINE_OPENING = new RegExp(`^[ \\t]{0,3}(${anyOf(CLOSING_OF.keys())})`, "i");
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)/;

/** Part of a line from a tag on that is held back at most, in UTF-16 units, to see whether the tag is closed in it. */
const MAX_THOUGHT_LINE = 400;

/**
 * Reads the lines of an answer that arrives in pieces. Tags are read only where a line begins, and not in code: an answer
 * may speak of them.
 */
export function createLineReader(): LineReader {
  /** The beginning of a line whose end has not arrived. */
  let begun = "";
  let fence: string | null = null;

  function pass(line: string) {
    begun = (begun + line).slice(0, 200);
    if (!line.endsWith("\n")) return;
    const [, marks, rest = ""] = FENCE.exec(begun) ?? [];
    if (marks && fence === null) fence = marks;
    else if (marks?.startsWith(fence!) && rest.trim() === "") fence = null;
    begun = "";
  }

  return {
    read(text, isEnded) {
      for (let at = 0; at < text.length;) {
        const end = text.indexOf("\n", at) + 1;
        const line = end > 0 ? text.slice(at, end) : text.slice(at);
        const tag = begun === "" && fence === null ? thoughtsOn(line, end > 0 || isEnded) : null;
        if (tag !== null) return { length: at, tag: tag === "unknown" ? null : tag };
        pass(line);
        at += line.length;
      }
      return { length: text.length, tag: null };
    },
  };
}

/**
 * The tag with which a line of the answer opens reasoning. If the line is not whole, its next characters may decide.
 * A tag that is closed within its line opens reasoning only if nothing follows, and one before a space only if the line
 * ends there: the others are spoken of.
 */
function thoughtsOn(line: string, isWhole: boolean): string | null {
  const [before, tag] = LINE_OPENING.exec(line) ?? [];
  if (before === undefined || tag === undefined) {
    const begun = line.trimStart().toLowerCase();
    const mayBegin = line.length < 20 && [...CLOSING_OF.keys()].some((each) => each.startsWith(begun));
    return !isWhole && mayBegin ? "unknown" : null;
  }
  const rest = line.slice(before.length);
  const [, after] =
    new RegExp(`(?:${anyOf([CLOSING_OF.get(tag.toLowerCase())!])})([^]*)`, "i").exec(rest) ?? [];
  if (after !== undefined && after.trim() !== "") return null;
  if (!isWhole && (after !== undefined || rest.length <= MAX_THOUGHT_LINE)) return "unknown";
  return after === undefined && /^[ \t]+\S/.test(rest) ? null : tag;
}
