/**
 * Why a model server cannot be asked at this address; null where nothing speaks against it. Never quotes what may be
 * secret: a user name, a password, a query.
 */
export function baseUrlIssue(name: string, url: URL): string | null {
  const should = `: it should look like ${lookingRight(url)}`;
  if (url.username !== "" || url.password !== "") {
    return `${name} must hold no user name and no password${should}, with the key in a variable of its own.`;
  }
  if (url.search !== "" || url.hash !== "") return `${name} must hold no query and no fragment${should}.`;
  const endpoint = ENDPOINT.exec(url.pathname)?.[0];
  if (endpoint !== undefined) {
    return `${name} must not end in ${endpoint.replace(/\/$/, "")}, which is added to it${should}.`;
  }
  return null;
}

/** The address without doubled slashes and without one at its end. */
export function withPlainSlashes(value: string): string {
  const url = new URL(value);
  return `${url.origin}${plainPath(url.pathname)}`;
}

/**
 * What may be wrong with an address that is otherwise good; null where nothing is. Most servers have their API under
 * `/v1`, but not all.
 */
export function baseUrlWarning(name: string, value: string): string | null {
  const { origin, pathname } = new URL(value);
  if (plainPath(pathname) !== "") return null;
  return `${name} has no path: most servers are asked at ${origin}/v1`;
}

/** Paths of the API itself, as they stand in examples. */
const ENDPOINT = /\/+((chat\/+)?completions?|responses|api\/+(chat|generate)|converse(-stream)?)\/*$/i;

function lookingRight(url: URL): string {
  const path = plainPath(url.pathname.replace(ENDPOINT, ""));
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

function plainPath(path: string): string {
  return path.replace(/\/+/g, "/").replace(/\/$/, "");
}
