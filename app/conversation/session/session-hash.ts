import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * The session hash: the SHA-256 of a session id, in 64 hex digits, which names the session in paths and in memory. The
 * secrets of links and hand-offs have the same form, and are hashed in the same way.
 */
export function hashSessionId(sessionId: string): string {
  return bytesToHex(sha256(utf8ToBytes(sessionId)));
}

/** The first digits of a session hash, for logs and people: enough to distinguish sessions. */
export function sessionFingerprint(sessionHash: string): string {
  return sessionHash.slice(0, 8);
}
