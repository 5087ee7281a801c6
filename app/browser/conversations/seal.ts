import { fromBase64Url, toBase64Url } from "~/conversation/base64url";
import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";

/** Seals values for a box that can be found and opened only with its secret. */
export type Seal = {
  /** The id of the box on the server. It reveals nothing about the key. */
  id: string;
  /** Encrypts a JSON value, as base64url; differently each time. */
  close(value: unknown): string;
  /** @throws SealError if the text was not sealed with this secret, or was changed since */
  open(sealed: string): unknown;
};

export class SealError extends Error {
  override readonly name = "SealError";
}

const NONCE_BYTES = 24;

/**
 * The seal of a secret. Its id and its key are derived from the secret independently (HKDF), so that a link needs only
 * one secret. Written without `crypto.subtle`, which browsers lack on plain http; the code is loaded on first use.
 * @param secret in the form of a session id
 * @throws SealError if it does not have that form
 */
export async function createSeal(secret: string): Promise<Seal> {
  if (!SESSION_ID_PATTERN.test(secret)) throw new SealError("This is no secret.");
  const { hkdf, sha256, xchacha20poly1305 } = await import("./seal-cryptography");
  const encode = (text: string) => new TextEncoder().encode(text);
  const derive = (purpose: string, length: number) =>
    hkdf(sha256, fromBase64Url(secret), undefined, encode(`holdfast hand-off ${purpose}`), length);
  const id = toBase64Url(derive("id", 16));
  const key = derive("key", 32);
  // The id is authenticated, so that a sealed value opens only in its own box.
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
