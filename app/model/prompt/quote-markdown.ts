/** Characters of the longest quote. */
const LONGEST_QUOTE = 240;

/** Quotes a person's text in Markdown: on one line, truncated, with all Markdown syntax escaped. */
export function quoteMarkdown(text: string): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = [...line];
  const short =
    characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("").trimEnd()}…` : line;
  return (
    short
      .replace(/[\\`*_[\]<>#|~&@$]/g, "\\$&")
      // Addresses would become links, and the start of a line a list or a rule.
      .replace(/:(?=\/\/)|\.(?<=\bwww\.)/gi, "\\$&")
      .replace(/^[-+=]|(?<=^\d{1,9})[.)]/, "\\$&")
  );
}
