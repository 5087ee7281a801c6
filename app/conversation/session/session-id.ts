import { toBase64Url } from "~/conversation/base64url";

/** 16 random bytes in base64url. The id gives all rights to its session, so only its hash is stored or logged. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** Form of a session hash: see session-hash.ts. */
export const HASH_PATTERN = /^[0-9a-f]{64}$/;

/** Ids of messages and replies. Not secret, but browsers make them and they are part of file names. */
export const ITEM_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** A new id of 128 random bits. Unlike `crypto.randomUUID` it works in browsers on plain http. */
export function newId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
