import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const REACT_PAGE = `
  import { createElement, useEffect, useState } from "react";
  import { hydrateRoot } from "react-dom/client";
  function Page() {
    const [text, setText] = useState("");
    useEffect(() => { document.documentElement.dataset.hydrated = "true"; }, []);
    return createElement("textarea", { id: "message", value: text, onChange: (event) => setText(event.target.value) });
  }
  hydrateRoot(document.getElementById("root"), createElement(Page));
`;

/** Pages to compare with: a text field without a script, and one that React draws. Nothing of ours can cost less. */
export async function startPeers() {
  const { outputFiles } = await build({
    stdin: { contents: REACT_PAGE, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const field = '<textarea id="message"></textarea>';
  const files: Record<string, { type: string; body: string | Uint8Array }> = {
    "/bare": { type: "text/html", body: `<!doctype html><html data-hydrated>${field}` },
    "/react": {
      type: "text/html",
      body: `<!doctype html><script type="module" src="/react.js"></script><div id="root">${field}</div>`,
    },
    "/react.js": { type: "text/javascript", body: outputFiles[0]!.contents },
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ""];
    if (!file) return void response.writeHead(404).end();
    response.setHeader("Content-Type", file.type).setHeader("Content-Encoding", "gzip");
    response.end(gzipSync(file.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { bare: `${url}/bare`, react: `${url}/react`, stop: () => server.close() };
}
