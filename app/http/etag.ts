/**
 * Whether a client has the representation that an ETag names: by an `If-None-Match` header, which may list several,
 * be `*`, and is compared weakly (RFC 9110, 13.1.2), as what a proxy has compressed on the way carries `W/`.
 */
export function isKnown(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return (ifNoneMatch.match(ENTITY_TAG) ?? []).some((tag) => tag.replace(/^W\//, "") === etag);
}

/** Commas may be part of one. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;
