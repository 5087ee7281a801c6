import { writeArtifact } from "./write-artifact";

/**
 * May run its own scripts and styles, and load nothing. `sandbox` gives it an opaque origin also where it is opened without
 * the frame; it can open no window, send no form and navigate no other frame. Its own frame can be navigated to this
 * server alone, by the policy of the page around it (`frame-src 'self'`).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "media-src data: blob:",
  "font-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "sandbox allow-scripts",
].join("; ");

/** The page in which an HTML or SVG block of an answer is shown. It is given the code by a message. */
export function artifactFrame(): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Preview</title>
<script>(${String(writeArtifact)})()</script>
</html>`;
  return new Response(html, {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": POLICY,
      "X-DNS-Prefetch-Control": "off",
      "X-Frame-Options": "SAMEORIGIN",
    },
  });
}
