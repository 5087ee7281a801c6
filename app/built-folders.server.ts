import { readdirSync } from "node:fs";
import type { BuiltFolder } from "~/http/remix/built-files";

/** Built beside the server's own module, in a folder named by version. */
const MERMAID = new URL("./mermaid/", import.meta.url);

export function mermaidVersion(): string {
  const [version] = readdirSync(MERMAID);
  if (version === undefined) throw new Error("The build holds no Mermaid.");
  return version;
}

/** Folders of the build that browsers load files from, with the cache headers of each. */
export function builtFolders({ isDevelopment }: { isDevelopment: boolean }): BuiltFolder[] {
  const forever = { "Cache-Control": "public, max-age=31536000, immutable" };
  const mermaid = {
    folder: MERMAID,
    at: "/diagrams/",
    headers: {
      ...forever,
      // The frame that draws diagrams has an opaque origin: for it these files are cross-origin.
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    },
  };
  // In development, Remix serves the page's files, which change while the server runs.
  if (isDevelopment) return [mermaid];
  const page = new URL("../public/", import.meta.url);
  return [
    mermaid,
    { folder: new URL("build/", page), at: "/build/", headers: forever },
    { folder: page, at: "/", headers: { "Cache-Control": "public, max-age=3600" } },
  ];
}
