/**
 * Makes names for the documents of one request: Bedrock refuses duplicate names, and characters other than Latin
 * letters, digits, single spaces, hyphens and brackets. The extension is kept, for providers that use it, but does
 * not make a name unique, because Bedrock's provider strips it.
 */
export function createDocumentNames(): (filename: string) => string {
  const taken = new Set<string>();
  return (filename) => {
    const [, base = "", ending = ""] = /^(.*?)(\.[A-Za-z0-9]{1,10})?$/s.exec(filename)!;
    const plain =
      base
        .normalize("NFKD")
        .replace(/[._]+/g, " ")
        .replace(/[^A-Za-z0-9 ()[\]-]/g, "")
        .replace(/ +/g, " ")
        .trim()
        .slice(0, 100)
        .trim() || "document";
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}-${String(n)}`;
    taken.add(name.toLowerCase());
    return `${name}${ending}`;
  };
}
