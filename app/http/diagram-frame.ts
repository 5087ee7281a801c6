import { randomBytes } from "node:crypto";
import { drawDiagrams } from "./draw-diagrams";

/**
 * The hidden page in which diagrams are drawn. Its sandbox gives it an opaque origin and its policy lets it load only
 * Mermaid, so a diagram that exploits Mermaid can neither read nor change data of the app.
 */
export function diagramFrame(mermaidUrl: string): Response {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-scripts",
  ].join("; ");
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Diagrams</title>
<body>
<script nonce="${nonce}">(${String(drawDiagrams)})(${JSON.stringify(mermaidUrl)})</script>
</body>
</html>`;
  return new Response(html, {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": policy,
      "X-Frame-Options": "SAMEORIGIN",
    },
  });
}
