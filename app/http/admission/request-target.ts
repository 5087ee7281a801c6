/** Where a request goes, as its first line says. `host` is set where the target names one itself. */
export type RequestTarget =
  | { kind: "address"; host: string | null; path: string; search: string }
  /** `*`: the server as a whole. */
  | { kind: "server" }
  | { kind: "malformed" };

/**
 * Addresses of the app have at most four segments and 90 characters. Remix matches a path in time that grows with
 * the square of its segments, so longer ones must not reach it.
 */
const MAX_PATH_LENGTH = 256;
const MAX_SEGMENTS = 12;
/** No page and no part of the API reads more than one parameter; links may come with some of others. */
const MAX_SEARCH_LENGTH = 2_048;

const MALFORMED: RequestTarget = { kind: "malformed" };
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;
/** What a target may consist of: visible ASCII. A backslash is a slash to URL parsers, and `#` never leaves a browser. */
const TARGET = /^[\x21\x22\x24-\x5b\x5d-\x7e]+$/;
const CONTROLS = /\p{Cc}/u;

/**
 * Parses the target of a request (RFC 9112, section 3.2): an absolute path, an absolute URL as clients of proxies
 * send it, or `*`. Malformed is what does not decode as UTF-8, holds encoded controls, or goes up by dots, encoded
 * or not: no browser sends it, and every program on the way may read it in its own way.
 */
export function parseTarget(url: string): RequestTarget {
  if (url === "*") return { kind: "server" };
  if (!TARGET.test(url)) return MALFORMED;
  const absolute = ABSOLUTE.exec(url);
  const rest = absolute ? url.slice(absolute[0].length) : url;
  const host = absolute ? absolute[1]! : null;
  if (host === "" || host?.includes("@")) return MALFORMED;
  const queryAt = rest.indexOf("?");
  const path = (queryAt < 0 ? rest : rest.slice(0, queryAt)) || (absolute ? "/" : "");
  const search = queryAt < 0 ? "" : rest.slice(queryAt);
  return isWellFormed(path) ? { kind: "address", host, path, search } : MALFORMED;
}

/** Whether an address is longer or deeper than any that the app has. */
export function isTooLong({ path, search }: { path: string; search: string }): "path" | "search" | null {
  if (path.length > MAX_PATH_LENGTH || path.split("/", MAX_SEGMENTS + 2).length > MAX_SEGMENTS + 1)
    return "path";
  return search.length > MAX_SEARCH_LENGTH ? "search" : null;
}

function isWellFormed(path: string): boolean {
  if (!path.startsWith("/")) return false;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return false;
  }
  const isDots = (name: string) => /^(?:\.|%2e){1,2}$/i.test(name);
  return !CONTROLS.test(decoded) && !path.split("/").some(isDots);
}
