/** Replacement of a secret. */
const HIDDEN = "[redacted]";
/** Shorter values may be common words, which would be removed from many lines. */
const MIN_SECRET_LENGTH = 8;

/** A run of base64url at least as long as an id of a session, a link or a hand-off. */
const RUN = /[A-Za-z0-9_-]{22,}/g;
const PATTERNS: readonly [RegExp, string][] = [
  // A name and a password in a URL.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"']{1,500}@/gi, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, `$1 ${HIDDEN}`],
  [/\b(holdfast_access=)[^\s"',;]+/g, `$1${HIDDEN}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, HIDDEN],
  [/\bsk-[\w-]{8,}/g, HIDDEN],
  // The error of undici for a header value with a line break.
  [/(Headers\.\w+: )"[^"]*"/g, `$1"${HIDDEN}"`],
];

/**
 * Removes secrets from texts of libraries, as a second line of defence: errors of libraries may repeat their input.
 * Recognises secrets by form, and those of the configuration by value. The fields of a line are not changed: the code
 * that writes a line decides which ids it contains.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  return (text) => {
    let redacted = text;
    for (const secret of known) redacted = redacted.replaceAll(secret, HIDDEN);
    for (const [pattern, replacement] of PATTERNS) redacted = redacted.replace(pattern, replacement);
    return redacted.replace(RUN, (run) => (isRandom(run) ? HIDDEN : run));
  };
}

/** Identifiers have no digit, and hashes no capital letter. About 1 % of random ids look like one of them. */
function isRandom(run: string): boolean {
  return /[A-Z]/.test(run) && /[a-z]/.test(run) && /[\d_-]/.test(run);
}
