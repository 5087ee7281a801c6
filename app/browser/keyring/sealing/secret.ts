import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64Url, toBase64Url } from "~/conversation/base64url";

/** 32 random bytes: 16 that name the keyring on the server, and 16 for its key, which are never sent. */
export type KeyringSecret = Uint8Array<ArrayBuffer>;

export const SECRET_BYTES = 32;
const ID_BYTES = 16;

/** Seals and opens for one keyring. */
export type KeyringCipher = {
  /** Of the keyring, as it is sent in `X-Keyring-Id`. */
  id: string;
  seal: (nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array) => Uint8Array;
  /** @throws Error if the ciphertext was not sealed with this nonce, these bound bytes and this key */
  open: (nonce: Uint8Array, bound: Uint8Array, ciphertext: Uint8Array) => Uint8Array;
};

export function newSecret(): KeyringSecret {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
}

/** As base64url, as it is stored in this browser and put into links. */
export function secretToText(secret: KeyringSecret): string {
  return toBase64Url(secret);
}

/** Null if the text is no secret. */
export function secretFromText(text: unknown): KeyringSecret | null {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  return fromBase64Url(text);
}

export function cipherOf(secret: KeyringSecret): KeyringCipher {
  const id = toBase64Url(secret.subarray(0, ID_BYTES));
  return createCipher(id, derive(secret.subarray(ID_BYTES), "holdfast keyring encryption", 32));
}

export function createCipher(id: string, key: Uint8Array): KeyringCipher {
  return {
    id,
    seal: (nonce, bound, plain) => xchacha20poly1305(key, nonce, bound).encrypt(plain),
    open: (nonce, bound, ciphertext) => xchacha20poly1305(key, nonce, bound).decrypt(ciphertext),
  };
}

/** HKDF-SHA-256 without a salt: the key material is random. */
export function derive(material: Uint8Array, purpose: string, length: number): Uint8Array {
  return hkdf(sha256, material, undefined, new TextEncoder().encode(purpose), length);
}
