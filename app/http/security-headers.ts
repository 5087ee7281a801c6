import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeHead } from "~/http/remix/before-head";
import { isOverTls } from "./is-over-tls";

/** Policy of all responses but scripts and the app's pages: they may load and run nothing. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/** Policy of scripts. A script that runs as a worker may load other scripts of the app, and nothing else. */
const SCRIPT =
  "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const YEAR_S = 31_536_000;

/** Browser features that the app does not use: no script in it can ask for them. */
const FEATURES = [
  "camera",
  "display-capture",
  "geolocation",
  "microphone",
  "midi",
  "payment",
  "usb",
  "serial",
];

const POLICY = "Content-Security-Policy";

const HEADERS: Readonly<Record<string, string>> = {
  [POLICY]: NO_PAGE,
  "X-Content-Type-Options": "nosniff",
  // For browsers without frame-ancestors.
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": FEATURES.map((feature) => `${feature}=()`).join(", "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Permitted-Cross-Domain-Policies": "none",
};

/**
 * Adds the security headers that a response does not set itself. Done when its head is written: responses that
 * remix-serve makes (files, errors) pass through no route, and express would combine a header that was set earlier with
 * the one of a route.
 */
export function secureResponse(request: IncomingMessage, response: ServerResponse): void {
  beforeHead(response, () => {
    const isScript = String(response.getHeader("Content-Type")).includes("javascript");
    if (isScript && !response.hasHeader(POLICY)) response.setHeader(POLICY, SCRIPT);
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.hasHeader(name)) response.setHeader(name, value);
    }
    if (isOverTls((name) => request.headers[name])) {
      response.setHeader("Strict-Transport-Security", `max-age=${YEAR_S}`);
    }
  });
}

/** Content-Security-Policy of the app's pages. */
export function pagePolicy({ nonce, isDevelopment }: { nonce: string; isDevelopment: boolean }): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    // For KaTeX, which sizes some symbols by style attributes.
    "style-src-attr 'unsafe-inline'",
    "font-src 'self'",
    // Attachments are shown as blob:, diagrams as data:, and remote images (https:) after a click.
    "img-src 'self' blob: data: https:",
    // In development Remix announces new builds over a WebSocket.
    `connect-src 'self'${isDevelopment ? " ws:" : ""}`,
    "manifest-src 'self'",
    // The diagram frame (diagram-frame.ts).
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
