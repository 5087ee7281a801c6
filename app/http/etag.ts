/**
 * Whether an `If-None-Match` header contains an ETag. The header may list several tags or be `*`. The comparison is weak
 * (RFC 9110, 13.1.2), because a proxy that compresses a response marks its ETag with `W/`.
 */
export function isKnown(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return (ifNoneMatch.match(ENTITY_TAG) ?? []).some((tag) => tag.replace(/^W\//, "") === etag);
}

/** Matches one entity tag. Tags may contain commas, so the header cannot be split at them. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;

/** The number in the `If-Match` header of a document whose ETags are its revision numbers; null where it is no such tag. */
export function revisionIn(ifMatch: string | null): number | null {
  const [, number] = /^(?:W\/)?"(\d{1,10})"$/.exec(ifMatch?.trim() ?? "") ?? [];
  return number === undefined ? null : Number(number);
}
