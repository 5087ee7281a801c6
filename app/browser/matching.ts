/** Whether each word of the query is somewhere in the text, whatever its case and accents. */
export function matches(text: string, query: string): boolean {
  const plain = folded(text);
  return folded(query)
    .split(/\s+/)
    .every((word) => plain.includes(word));
}

function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .trim();
}
