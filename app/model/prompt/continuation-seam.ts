/**
 * Joins a continuation to a text that ends in white space. Models are sent the text without it, and write white space
 * of their own first, so the common part would occur twice.
 * @returns a function from the model's deltas, in order, to the text to append
 */
export function createSeam(begun: string): (delta: string) => string {
  const there = begun.slice(begun.trimEnd().length);
  let leading: string | null = "";
  return (delta) => {
    if (leading === null || there === "") return delta;
    leading += delta;
    const rest = leading.trimStart();
    if (rest === "") return "";
    const own = leading.slice(0, leading.length - rest.length);
    leading = null;
    return missing(there, own) + rest;
  };
}

/** The white space in `own` beyond `there`: line breaks, and the indentation after the last of them. */
function missing(there: string, own: string): string {
  if (own.startsWith(there)) return own.slice(there.length);
  const lineBreaks = count(own) - count(there);
  return lineBreaks > 0 ? "\n".repeat(lineBreaks) + own.slice(own.lastIndexOf("\n") + 1) : "";
}

function count(text: string): number {
  return text.split("\n").length - 1;
}
