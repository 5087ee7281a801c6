/**
 * Names for the documents of one request: Bedrock refuses two of one name, and all but Latin letters, digits, single
 * spaces, hyphens and brackets. The ending stays, for those who go by it; Bedrock's provider takes it off, so it
 * does not make a name another.
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
