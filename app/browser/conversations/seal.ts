import { fromBase64Url, toBase64Url } from "~/conversation/base64url";
import { SESSION_ID_PATTERN } from "~/conversation/session-id";

/** A box that only who knows its secret can find, and open. */
export type Seal = {
  /** Where it is: what the server is told. Says nothing about the key. */
  id: string;
  /** A JSON value as base64url that nobody else can read, and different each time. */
  close(value: unknown): string;
  /** @throws SealError for what was not closed with this secret, or not left as it was */
  open(sealed: string): unknown;
};

export class SealError extends Error {
  override readonly name = "SealError";
}

const NONCE_BYTES = 24;

/**
 * The seal of a secret, which has the form of a session id. Its id and its key are derived from the secret each on
 * its own (HKDF), so that one secret in a link is enough. Written without `crypto.subtle`, which browsers do not
 * have on plain http. The code for it is loaded when it is first needed.
 * @throws SealError for what is no secret
 */
export async function createSeal(secret: string): Promise<Seal> {
  if (!SESSION_ID_PATTERN.test(secret)) throw new SealError("This is no secret.");
  const { hkdf, sha256, xchacha20poly1305 } = await import("./seal-cryptography");
  const encode = (text: string) => new TextEncoder().encode(text);
  const derive = (purpose: string, length: number) =>
    hkdf(sha256, fromBase64Url(secret), undefined, encode(`holdfast hand-off ${purpose}`), length);
  const id = toBase64Url(derive("id", 16));
  const key = derive("key", 32);
  // What was closed for one place opens in no other.
  const cipher = (nonce: Uint8Array) => xchacha20poly1305(key, nonce, encode(id));

  return {
    id,
    close(value) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const ciphertext = cipher(nonce).encrypt(encode(JSON.stringify(value)));
      const sealed = new Uint8Array(NONCE_BYTES + ciphertext.length);
      sealed.set(nonce);
      sealed.set(ciphertext, NONCE_BYTES);
      return toBase64Url(sealed);
    },
    open(sealed) {
      try {
        const bytes = fromBase64Url(sealed);
        const text = cipher(bytes.subarray(0, NONCE_BYTES)).decrypt(bytes.subarray(NONCE_BYTES));
        return JSON.parse(new TextDecoder().decode(text)) as unknown;
      } catch (cause) {
        throw new SealError("This was not sealed with this secret, or was changed since.", { cause });
      }
    },
  };
}
