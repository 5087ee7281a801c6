import { unpooled } from "~/store/unpooled";
import type { RevisionDocument } from "./document-kind";
import type { KnownDocument } from "./revision-codec";

/** Decoded documents by hash and bytes, least recently used first. */
export type DocumentCache<D> = {
  /** The document that these bytes decode to; null where it is not cached. */
  get(hash: string, bytes: Buffer, rev: number): D | null;
  /** What was set last, whatever the newest file holds now; null where it is not cached. */
  latest(hash: string): KnownDocument<D> | null;
  set(hash: string, bytes: Buffer, document: D): void;
  delete(hash: string): void;
};

/** @param maxBytes limit of the bytes of cached files. The most recent one is cached whatever its size. */
export function createDocumentCache<D extends RevisionDocument>(maxBytes: number): DocumentCache<D> {
  const known = new Map<string, KnownDocument<D>>();
  let knownBytes = 0;

  function forget(hash: string) {
    const last = known.get(hash);
    if (!last) return;
    knownBytes -= costOf(last.bytes);
    known.delete(hash);
  }

  return {
    get(hash, bytes, rev) {
      const last = known.get(hash);
      if (last?.document.rev !== rev || !last.bytes.equals(bytes)) return null;
      known.delete(hash);
      known.set(hash, last);
      return last.document;
    },
    latest: (hash) => known.get(hash) ?? null,
    set(hash, bytes, document) {
      forget(hash);
      known.set(hash, { bytes: unpooled(bytes), document });
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
