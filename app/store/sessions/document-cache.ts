import { unpooled } from "~/store/unpooled";
import type { StoredSession } from "./stored-session";

/** Decoded documents by session hash and bytes, least recently used first. */
export type DocumentCache = {
  /** The document that these bytes decode to; null where it is not cached. */
  get(sessionHash: string, bytes: Buffer, rev: number): StoredSession | null;
  /** What was set last, whatever the newest file holds now; null where it is not cached. */
  latest(sessionHash: string): CachedDocument | null;
  set(sessionHash: string, bytes: Buffer, document: StoredSession): void;
  delete(sessionHash: string): void;
};

export type CachedDocument = { bytes: Buffer; document: StoredSession };

/** @param maxBytes limit of the bytes of cached files. The most recent one is cached whatever its size. */
export function createDocumentCache(maxBytes: number): DocumentCache {
  const known = new Map<string, CachedDocument>();
  let knownBytes = 0;

  function forget(sessionHash: string) {
    const last = known.get(sessionHash);
    if (!last) return;
    knownBytes -= costOf(last.bytes);
    known.delete(sessionHash);
  }

  return {
    get(sessionHash, bytes, rev) {
      const last = known.get(sessionHash);
      if (last?.document.rev !== rev || !last.bytes.equals(bytes)) return null;
      known.delete(sessionHash);
      known.set(sessionHash, last);
      return last.document;
    },
    latest: (sessionHash) => known.get(sessionHash) ?? null,
    set(sessionHash, bytes, document) {
      forget(sessionHash);
      known.set(sessionHash, { bytes: unpooled(bytes), document });
      knownBytes += costOf(bytes);
      for (const oldest of known.keys()) {
        if (knownBytes <= maxBytes || known.size === 1) break;
        forget(oldest);
      }
    },
    delete: forget,
  };
}

/** Bytes that a cached file counts as. The constant bounds the number of small files, such as tombstones. */
function costOf(bytes: Buffer): number {
  return bytes.length + 1024;
}
