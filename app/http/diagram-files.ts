import { readdir, readFile } from "node:fs/promises";
import { ExpectedError } from "~/conversation/expected-error";

const MODULE = /^(?:chunks\/mermaid\.esm\.min\/)?[A-Za-z0-9_.-]+\.mjs$/;

/** Mermaid's own modules, one folder for its version, as the build has put them there. */
export function createDiagramFiles(folder: URL) {
  return {
    /** The version that is there. An address with any other is not answered, so what is cached stays true. */
    async version(): Promise<string> {
      const [version] = await readdir(folder);
      if (version === undefined) throw new Error("The build holds no Mermaid.");
      return version;
    },

    async read(version: string, name: string): Promise<Response> {
      if (!/^\d[\w.-]*$/.test(version) || !MODULE.test(name)) throw notFound();
      const text = await readFile(new URL(`${version}/${name}`, folder), "utf8").catch(
        (error: NodeJS.ErrnoException) => {
          throw error.code === "ENOENT" ? notFound() : error;
        },
      );
      return new Response(text, {
        headers: {
          "Content-Type": "text/javascript; charset=utf-8",
          "Cache-Control": "public, max-age=31536000, immutable",
          // The frame that draws diagrams has an origin of its own, to which these are another's.
          "Access-Control-Allow-Origin": "*",
          "Cross-Origin-Resource-Policy": "cross-origin",
        },
      });
    },
  };
}

function notFound() {
  return new ExpectedError("not_found", "There is no such file.");
}
