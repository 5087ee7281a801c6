/** What a secret is replaced with. */
const HIDDEN = "[redacted]";
/** Shorter values are words that stand in many lines. */
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
  // As undici says it of a value that holds a line break.
  [/(Headers\.\w+: )"[^"]*"/g, `$1"${HIDDEN}"`],
];

/**
 * Takes secrets out of what others say of an error, as a second line of defence: no code of ours puts them there,
 * but libraries repeat what they were given. By form, and by value for those that this process was started with.
 * Our own ids in the fields of a line are left alone: they are chosen where the line is written.
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

/** Names in code have no digit, hashes no capital: of a hundred random ids, one looks like either. */
function isRandom(run: string): boolean {
  return /[A-Z]/.test(run) && /[a-z]/.test(run) && /[\d_-]/.test(run);
}
