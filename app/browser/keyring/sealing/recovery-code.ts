import { sha256 } from "@noble/hashes/sha2.js";
import { SECRET_BYTES, type KeyringSecret } from "./secret";

/** Crockford's base 32: without I, L, O and U, which are misread. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MISREAD: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };
const CHECK_BYTES = 3;
const GROUP = 4;

/** Characters of a recovery code, without the dashes between its groups. */
export const CODE_LENGTH = ((SECRET_BYTES + CHECK_BYTES) * 8) / 5;

/**
 * Why a text is no recovery code. `characters`: has some that no code has. `short`, `long`: has too few or too many.
 * `mistyped`: the checksum does not fit, so that at least one character is another one.
 */
export type CodeProblem = "empty" | "characters" | "short" | "long" | "mistyped";

export class RecoveryCodeError extends Error {
  override readonly name = "RecoveryCodeError";
  readonly problem: CodeProblem;
  /** The characters that no code has; or how many there are, of how many. */
  readonly details: { characters?: string; length?: number };

  constructor(problem: CodeProblem, details: RecoveryCodeError["details"]) {
    super(`Not a recovery code: ${problem}.`);
    this.problem = problem;
    this.details = details;
  }
}

/** The secret with a checksum, in 14 groups of four letters and digits, to be printed and typed. */
export function toRecoveryCode(secret: KeyringSecret): string {
  const bytes = new Uint8Array(SECRET_BYTES + CHECK_BYTES);
  bytes.set(secret);
  bytes.set(checksum(secret), SECRET_BYTES);
  let code = "";
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) code += ALPHABET[(value >> (bits - 5)) & 31];
    value &= 31;
  }
  return code.match(new RegExp(`.{${String(GROUP)}}`, "g"))!.join("-");
}

/**
 * The secret of a typed or copied code. Case, spaces, dashes, quotes, full stops, commas and invisible
 * characters do not matter; O is read as 0, I and L as 1.
 * @throws RecoveryCodeError
 */
export function fromRecoveryCode(typed: string): KeyringSecret {
  const letters = typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{Dash}\p{Cf}\p{Pi}\p{Pf}"'.,·]/gu, "")
    .replace(/[OIL]/g, (letter) => MISREAD[letter]!);
  if (letters === "") throw new RecoveryCodeError("empty", {});
  const unknown = [...new Set(letters)].filter((letter) => !ALPHABET.includes(letter)).join("");
  if (unknown !== "") throw new RecoveryCodeError("characters", { characters: unknown });
  const { length } = letters;
  if (length !== CODE_LENGTH)
    throw new RecoveryCodeError(length < CODE_LENGTH ? "short" : "long", { length });
  const bytes = decode(letters);
  const secret = bytes.slice(0, SECRET_BYTES);
  if (checksum(secret).some((byte, at) => byte !== bytes[SECRET_BYTES + at])) {
    throw new RecoveryCodeError("mistyped", {});
  }
  return secret;
}

function decode(letters: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SECRET_BYTES + CHECK_BYTES);
  let value = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    value = (value << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = value >> bits;
    value &= (1 << bits) - 1;
  }
  return bytes;
}

function checksum(secret: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode("holdfast recovery code");
  const hashed = new Uint8Array(text.length + secret.length);
  hashed.set(text);
  hashed.set(secret, text.length);
  return sha256(hashed).subarray(0, CHECK_BYTES);
}
