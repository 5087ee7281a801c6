import { FrameError, openChain, sealBase } from "./frames";
import { KeyringError } from "~/browser/keyring/keyring";
import type { KeyringApi } from "~/browser/keyring/keyring-api";
import {
  cipherOf,
  createCipher,
  derive,
  SECRET_BYTES,
  secretToText,
  type KeyringCipher,
  type KeyringSecret,
} from "./secret";
import { PasskeyError } from "./webauthn.client";
import { toBase64Url } from "~/conversation/base64url";

/** Ids that one passkey may have used: a new one after each removal, since an id that was deleted stays deleted. */
const MOST_IDS = 16;

/**
 * Stores the secret, sealed with a key that only the passkey gives, under an id that only the passkey gives: a keyring
 * of its own, which holds nothing else.
 *
 * @param prf 32 bytes that the passkey gives, always the same
 * @returns the id
 * @throws ApiError; KeyringError `full` if the passkey was removed too often; PasskeyError `taken` if it opens another
 * keyring, to which it may be the only way
 */
export async function storeWrap(
  prf: Uint8Array,
  secret: KeyringSecret,
  apiOf: (id: string) => KeyringApi,
): Promise<string> {
  for (let use = 0; use < MOST_IDS;) {
    const cipher = wrapCipher(prf, use);
    const api = apiOf(cipher.id);
    const present = await api.read(null);
    const rev = present.kind === "whole" ? present.rev : 0;
    if (present.kind === "whole" && (await opensAnother(cipher, present, secret, apiOf))) {
      throw new PasskeyError("taken");
    }
    const answer =
      present.kind === "gone" ? present : await api.put(rev, sealBase(cipher, rev + 1, secret).bytes);
    if (answer.kind === "stored") return cipher.id;
    if (answer.kind === "full") break;
    if (answer.kind === "gone") use += 1;
  }
  throw new KeyringError("full");
}

/**
 * The secret that was stored with this passkey.
 * @throws ApiError; KeyringError `not_found` if there is none, `unreadable`
 */
export async function readWrap(prf: Uint8Array, apiOf: (id: string) => KeyringApi): Promise<KeyringSecret> {
  for (let use = 0; use < MOST_IDS; use++) {
    const cipher = wrapCipher(prf, use);
    const answer = await apiOf(cipher.id).read(null);
    if (answer.kind === "gone") continue;
    if (answer.kind !== "whole") break;
    return open(cipher, answer.rev, answer.bytes);
  }
  throw new KeyringError("not_found");
}

/** Whether these bytes are the secret of another keyring, which the server still has. */
async function opensAnother(
  cipher: KeyringCipher,
  { rev, bytes }: { rev: number; bytes: Uint8Array },
  secret: KeyringSecret,
  apiOf: (id: string) => KeyringApi,
): Promise<boolean> {
  let stored: KeyringSecret;
  try {
    stored = open(cipher, rev, bytes);
  } catch {
    // Nothing can be opened with these bytes.
    return false;
  }
  if (secretToText(stored) === secretToText(secret)) return false;
  return (await apiOf(cipherOf(stored).id).read(null)).kind === "whole";
}

function open(cipher: KeyringCipher, rev: number, bytes: Uint8Array): KeyringSecret {
  try {
    const secret = openChain(cipher, rev, bytes).plain[0];
    if (secret?.length === SECRET_BYTES) return new Uint8Array(secret);
    throw new FrameError("This is no secret.");
  } catch (cause) {
    throw new KeyringError("unreadable", { cause });
  }
}

function wrapCipher(prf: Uint8Array, use: number): KeyringCipher {
  const part = (purpose: string, length: number) =>
    derive(prf, `holdfast passkey ${purpose} ${String(use)}`, length);
  return createCipher(toBase64Url(part("id", 16)), part("key", 32));
}
