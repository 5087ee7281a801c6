/**
 * The configuration error of a model server's base URL; null where it is valid. Never quotes the parts that may be
 * secret: user name, password, query.
 */
export function baseUrlIssue(name: string, url: URL): string | null {
  const should = `: it should look like ${withUsualPath(url)}`;
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

/** The URL without repeated slashes and without one at its end. */
export function withPlainSlashes(value: string): string {
  const url = new URL(value);
  return `${url.origin}${plainPath(url.pathname)}`;
}

/**
 * A warning about a valid base URL; null without one. Most servers have their API under `/v1`, but not all.
 */
export function baseUrlWarning(name: string, value: string): string | null {
  const { origin, pathname } = new URL(value);
  if (plainPath(pathname) !== "") return null;
  return `${name} has no path: most servers are asked at ${origin}/v1`;
}

/** Paths of API endpoints, which people copy from examples. */
const ENDPOINT = /\/+((chat\/+)?completions?|responses|api\/+(chat|generate)|converse(-stream)?)\/*$/i;

function withUsualPath(url: URL): string {
  const path = plainPath(url.pathname.replace(ENDPOINT, ""));
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

function plainPath(path: string): string {
  return path.replace(/\/+/g, "/").replace(/\/$/, "");
}
