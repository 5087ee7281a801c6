/** Names that models give to the element around their reasoning when a server hands it out as part of the answer. */
const OPENING = /^\s*<(think|thinking|thought|reasoning)>/i;

export type SplitText = {
  /** What stood between the tags; null where the text begins with none. */
  reasoning: string | null;
  /** The answer itself. */
  text: string;
  /** The reasoning has no end: the answer was cut in it, or is still being written. */
  isOpen: boolean;
};

/** Parts the reasoning that an answer begins with, in tags, from the answer. */
export function splitThinking(answer: string): SplitText {
  const opening = OPENING.exec(answer);
  if (!opening) return withoutStrayEnd(answer);
  const [mark, name = ""] = opening;
  const closing = new RegExp(`</${name}>`, "i").exec(answer.slice(mark.length));
  if (!closing) {
    // Half a closing tag is not part of the reasoning.
    const reasoning = answer.slice(mark.length).replace(/<\/?[a-z]{0,9}$/i, "");
    return { reasoning: reasoning.trim(), text: "", isOpen: true };
  }
  const end = mark.length + closing.index;
  const rest = splitThinking(answer.slice(end + closing[0].length));
  const own = answer.slice(mark.length, end).trim();
  const reasoning = [own, rest.reasoning ?? ""].filter((each) => each !== "").join("\n\n");
  return { reasoning, text: rest.text.trimStart(), isOpen: rest.isOpen };
}

/** Some servers cut off the opening tag alone: what precedes a closing tag on a line of its own is reasoning. */
function withoutStrayEnd(answer: string): SplitText {
  const stray = /(?:^|\n)[ \t]*<\/think>[ \t]*(?:\n|$)/i.exec(answer);
  const before = stray ? answer.slice(0, stray.index) : "";
  // In a fence it is code.
  if (!stray || (before.match(/^[ \t]*(?:```|~~~)/gm)?.length ?? 0) % 2 === 1) {
    return { reasoning: null, text: answer, isOpen: false };
  }
  return {
    reasoning: before.trim(),
    text: answer.slice(stray.index + stray[0].length).trimStart(),
    isOpen: false,
  };
}
