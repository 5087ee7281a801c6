import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeHead } from "~/http/remix/before-head";
import { isOverTls } from "./is-over-tls";

/** What a browser may do with anything that is not our page: nothing. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

const YEAR_S = 31_536_000;

/** What a chat has no use for, so that nothing in it can ask a person for it. */
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

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": NO_PAGE,
  "X-Content-Type-Options": "nosniff",
  // For browsers without frame-ancestors there is nothing else.
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": FEATURES.map((feature) => `${feature}=()`).join(", "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Permitted-Cross-Domain-Policies": "none",
};

/**
 * Gives a response the headers that keep browsers safe, except for those that it brings itself. Done as its head is
 * written, since remix-serve's own answers (files, errors) pass no code of ours, and express joins a header that is
 * set before to the one that a route sets.
 */
export function secureResponse(request: IncomingMessage, response: ServerResponse): void {
  beforeHead(response, () => {
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.hasHeader(name)) response.setHeader(name, value);
    }
    if (isOverTls((name) => request.headers[name])) {
      response.setHeader("Strict-Transport-Security", `max-age=${YEAR_S}`);
    }
  });
}

/** What the page itself may do. */
export function pagePolicy({ nonce, isDevelopment }: { nonce: string; isDevelopment: boolean }): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    // KaTeX sizes some signs by style attributes. React and what we write ourselves need none.
    "style-src-attr 'unsafe-inline'",
    "font-src 'self'",
    // Attachments are shown from memory (blob:), diagrams as data:, and others' images when somebody asks for them.
    "img-src 'self' blob: data: https:",
    // In development Remix tells the page over a socket of its own that there is a new build.
    `connect-src 'self'${isDevelopment ? " ws:" : ""}`,
    "manifest-src 'self'",
    // Diagrams are drawn in one.
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
