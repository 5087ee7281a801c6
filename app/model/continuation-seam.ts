/**
 * Joins a continuation to a text that ended in white space. Models are given the text without it and write
 * their own first, so that what both have would be there twice.
 * Returns a function that takes the model's deltas in order and gives back what is to be appended.
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

/** What `own` has beyond what is there already: line breaks, and the indentation after the last of them. */
function missing(there: string, own: string): string {
  if (own.startsWith(there)) return own.slice(there.length);
  const lineBreaks = count(own) - count(there);
  return lineBreaks > 0 ? "\n".repeat(lineBreaks) + own.slice(own.lastIndexOf("\n") + 1) : "";
}

function count(text: string): number {
  return text.split("\n").length - 1;
}
