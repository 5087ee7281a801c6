const LONGEST_QUOTE = 240;

/** A person's words inside Markdown: on one line, not too long, and with nothing in them that acts as Markdown. */
export function quoteMarkdown(text: string): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = [...line];
  const short =
    characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("").trimEnd()}…` : line;
  return (
    short
      .replace(/[\\`*_[\]<>#|~&@$]/g, "\\$&")
      // Addresses become links by themselves, and the start of a line can become a list or a rule.
      .replace(/:(?=\/\/)|\.(?<=\bwww\.)/gi, "\\$&")
      .replace(/^[-+=]|(?<=^\d{1,9})[.)]/, "\\$&")
  );
}
