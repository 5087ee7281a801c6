/** The target in a request's first line. `host` is null unless the target is an absolute URL. */
export type RequestTarget =
  | { kind: "address"; host: string | null; path: string; search: string }
  /** `*`: the server as a whole. */
  | { kind: "server" }
  | { kind: "malformed" };

/**
 * The app's addresses have at most four segments and 90 characters. Remix needs time quadratic in the number of segments
 * to match a path, so longer paths must not reach it.
 */
const MAX_PATH_LENGTH = 256;
const MAX_SEGMENTS = 12;
/** Characters. The app reads at most one parameter; links from other sites may carry a few of theirs. */
const MAX_SEARCH_LENGTH = 2_048;

const MALFORMED: RequestTarget = { kind: "malformed" };
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;
/** Visible ASCII but a backslash, which URL parsers read as a slash, and `#`, which no browser sends. */
const TARGET = /^[\x21\x22\x24-\x5b\x5d-\x7e]+$/;
const CONTROLS = /\p{Cc}/u;

/**
 * Parses the target of a request (RFC 9112, section 3.2): an absolute path, an absolute URL as sent to proxies, or `*`.
 * Malformed are paths that are not UTF-8, contain encoded control characters, or dot segments, encoded or not: no
 * browser sends them, and proxies differ in how they normalise them.
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

/** Which part of an address exceeds its limit; null where none does. */
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
