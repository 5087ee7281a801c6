import { readdirSync } from "node:fs";
import type { BuiltFolder } from "~/http/remix/built-files";

/** Beside the server's own module, where the build has put them, in a folder for their version. */
const MERMAID = new URL("./mermaid/", import.meta.url);

export function mermaidVersion(): string {
  const [version] = readdirSync(MERMAID);
  if (version === undefined) throw new Error("The build holds no Mermaid.");
  return version;
}

/** Where the build has put what browsers load, and how long they may keep it. */
export function builtFolders({ isDevelopment }: { isDevelopment: boolean }): BuiltFolder[] {
  const forever = { "Cache-Control": "public, max-age=31536000, immutable" };
  const mermaid = {
    folder: MERMAID,
    at: "/diagrams/",
    headers: {
      ...forever,
      // The frame that draws diagrams has an origin of its own, to which these are another's.
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    },
  };
  // There the page's files change while the server runs.
  if (isDevelopment) return [mermaid];
  const page = new URL("../public/", import.meta.url);
  return [
    mermaid,
    { folder: new URL("build/", page), at: "/build/", headers: forever },
    { folder: page, at: "/", headers: { "Cache-Control": "public, max-age=3600" } },
  ];
}
