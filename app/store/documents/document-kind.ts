import type { ExpectedError } from "~/conversation/expected-error";
import type { RevisionCodec } from "./revision-codec";

/** The bookkeeping of commits that documents of every kind have. */
export type RevisionDocument = {
  rev: number;
  /** Ids of the last commits, newest first. */
  recent: string[];
  /** Set in a tombstone: when the document was deleted, or retired. */
  retiredAt?: string | undefined;
};

/**
 * What the commit protocol has to know of a kind of documents: sessions, or keyrings. `W` is a document as it is
 * written, `H` the part of one that is readable without its encryption key.
 */
export type DocumentKind<W extends RevisionDocument, H extends W = W> = {
  /** Subject of sentences for people: "This conversation". */
  subject: string;
  /** The folder of all documents of the kind, with folders by the first two digits of a hash in it. */
  root: string;
  /** The folder of one document, by the hash of its secret. */
  folderOf(hash: string): string;
  /** The folder of damaged revisions, and the start of the names of those of one document. */
  quarantine: string;
  quarantinePrefix(hash: string): string;
  /** Sets the format of a document that is about to be committed, and checks it. @throws Error where it is invalid */
  complete(document: W, base: W | null): void;
  /** Whether a reader must read a document even if it knows its revision. */
  mustBeRead(document: W): boolean;
  /** The error where all revisions of a document are damaged; null where it then counts as absent. */
  noneWhole(): ExpectedError | null;
  /** Reads headers, and writes documents unencrypted, for tombstones. */
  headerCodec(): RevisionCodec<W, H>;
  /** @param now ISO 8601 timestamp */
  tombstone(now: string): W;
  retention: {
    /** When the document was last used, ISO 8601. */
    usedAt(header: H): string;
    /** Whether a node works on the document at the moment. */
    isInUse(header: H, isDead: (instance: string) => boolean): boolean;
    /** Whether a tombstone stays for good. */
    isFinal(header: H): boolean;
  };
};
