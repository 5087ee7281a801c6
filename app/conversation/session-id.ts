import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { toBase64Url } from "./base64url";

/** 16 random bytes in base64url. Whoever holds it holds the conversation, so only its hash is ever stored or logged. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** What `sessionKey` makes of an id. */
export const KEY_PATTERN = /^[0-9a-f]{64}$/;

/** Ids of messages and replies: no secrets, but made by browsers, so they are as strict as a file name. */
export const ITEM_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** A new id of 128 random bits. `crypto.randomUUID` is missing in browsers on plain http; this is not. */
export function newId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * What stands for a session in file names and in memory: the SHA-256 of its id, 64 hex digits. Links and hand-offs
 * have ids of the same form, and keys that are made of them in the same way.
 */
export function sessionKey(sessionId: string): string {
  return bytesToHex(sha256(utf8ToBytes(sessionId)));
}

/** What people and logs see of a session: the first digits of its key, enough to tell two conversations apart. */
export function sessionFingerprint(key: string): string {
  return key.slice(0, 8);
}
