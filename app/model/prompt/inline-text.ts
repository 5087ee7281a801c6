import { estimateTokens } from "~/conversation/estimate-tokens";

/** A text file as a part of the prompt: its name, and its content in a fence that the content cannot close. */
export function inlineText(filename: string, content: string, isWhole: boolean): string {
  const fence = "`".repeat(Math.max(3, longestRun(content) + 1));
  const language = /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase() ?? "";
  const name = filename.replace(/[\s"]+/g, " ");
  const rest = isWhole ? "" : "\n[The rest of this file is left out, because it is too long.]";
  const end = content.endsWith("\n") ? "" : "\n";
  return `Attached file "${name}":\n\n${fence}${language}\n${content}${end}${fence}${rest}`;
}

/** The beginning of a text that takes at most this many tokens. */
export function beginningOf(text: string, tokens: number): string {
  let beginning = text;
  for (let size = estimateTokens(beginning); size > tokens; size = estimateTokens(beginning)) {
    // Below the share, so that few rounds are enough where letters differ in tokens.
    beginning = beginning.slice(0, Math.floor(beginning.length * Math.max(0, tokens / size) * 0.98));
  }
  return beginning.toWellFormed();
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
