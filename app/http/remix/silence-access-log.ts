import { createRequire } from "node:module";

/**
 * Silences the access log of remix-serve, which is plain text and contains addresses as clients sent them, possibly with
 * secrets. remix-serve has no setting for it (remix-run/remix#8163 asks for one), but logs in morgan's format "tiny",
 * which morgan resolves after the build was loaded. A format function that returns undefined makes morgan skip the line.
 * To be called before the server is made, in entry.server.
 */
export function silenceAccessLog(): void {
  // The copy of morgan that remix-serve loads.
  const ours = createRequire(import.meta.url);
  const morgan = createRequire(ours.resolve("@remix-run/serve/package.json"))("morgan") as {
    format(name: string, line: () => undefined): void;
  };
  morgan.format("tiny", () => undefined);
}
