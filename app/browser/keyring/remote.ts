import {
  compacted,
  mergeAll,
  mergeDocuments,
  tombstonesOf,
  type Entries,
  type KeyringDocument,
} from "./document/document";
import { decodeDocument, encodeDocument, NewerDocumentError } from "./sealing/document-codec";
import { FrameError, openChain, openChanges, sealBase, sealChange, type Chain } from "./sealing/frames";
import { KeyringError } from "./keyring";
import type { KeyringCipher } from "./sealing/secret";

/** Appended bytes after which a new base is written: half of the base, and at least as many as this. */
const SMALLEST_COMPACTION = 16_384;

/** What the server has of a keyring, opened. */
export type Remote = {
  document: KeyringDocument;
  chain: Chain;
  /** The keys of the tombstones in the base. */
  tombstones: ReadonlySet<string>;
};

/** What to send, and what the server has once it has stored that. */
export type NextRemote = { bytes: Uint8Array; next: Remote };

/** @throws KeyringError `unreadable`, `newer` */
export function openRemote(cipher: KeyringCipher, rev: number, bytes: Uint8Array): Remote {
  return opened(() => {
    const { plain, chain } = openChain(cipher, rev, bytes);
    const [base, ...changes] = plain.map(decodeDocument);
    return {
      document: changes.reduce(mergeDocuments, base!),
      chain,
      tombstones: tombstonesOf(base!.entries),
    };
  });
}

/**
 * What was known with the bytes that were appended. Null if these do not continue it, as after the restoration of a
 * backup of the server.
 * @throws KeyringError `unreadable`, `newer`
 */
export function continueRemote(
  cipher: KeyringCipher,
  from: Remote,
  rev: number,
  bytes: Uint8Array,
): Remote | null {
  try {
    const { plain, chain } = openChanges(cipher, from.chain, rev, bytes);
    const document = opened(() => plain.map(decodeDocument).reduce(mergeDocuments, from.document));
    return { ...from, document, chain };
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}

export function isToCompact({ chain: { length, baseLength } }: Remote): boolean {
  return length - baseLength > Math.max(SMALLEST_COMPACTION, baseLength / 2);
}

export function appendTo(cipher: KeyringCipher, from: Remote, push: Entries): NextRemote {
  const { bytes, chain } = sealChange(cipher, from.chain, encodeDocument({ entries: push, horizon: 0 }));
  const document = { ...from.document, entries: mergeAll(from.document.entries, push) };
  return { bytes, next: { ...from, document, chain } };
}

/** A new base with everything. @param now milliseconds since 1970 */
export function compactWith(cipher: KeyringCipher, from: Remote, push: Entries, now: number): NextRemote {
  const { entries, horizon } = from.document;
  const base = { rev: from.chain.baseRev, tombstones: from.tombstones };
  const document = compacted({ entries: mergeAll(entries, push), horizon }, base, now);
  return newBase(cipher, from.chain.rev + 1, document);
}

export function newBase(cipher: KeyringCipher, rev: number, document: KeyringDocument): NextRemote {
  const { bytes, chain } = sealBase(cipher, rev, encodeDocument(document));
  return { bytes, next: { document, chain, tombstones: tombstonesOf(document.entries) } };
}

function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new KeyringError(cause instanceof NewerDocumentError ? "newer" : "unreadable", { cause });
  }
}
