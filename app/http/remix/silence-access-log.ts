import { createRequire } from "node:module";

/**
 * Silences the access log of remix-serve, plain text with whatever a client put into an address. It has no setting
 * for that (remix-run/remix#8163 asks for one), but it logs in morgan's format "tiny", which it looks up after it
 * has loaded the build: as a function that gives no line, by morgan's own rules, the format makes it skip. So the
 * server stays remix-serve's own. To be called before the server is made, so from entry.server.
 */
export function silenceAccessLog(): void {
  // Remix-serve's morgan, whichever and wherever that is.
  const ours = createRequire(import.meta.url);
  const morgan = createRequire(ours.resolve("@remix-run/serve/package.json"))("morgan") as {
    format(name: string, line: () => undefined): void;
  };
  morgan.format("tiny", () => undefined);
}
