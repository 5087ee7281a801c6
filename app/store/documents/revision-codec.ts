import type { RevisionDocument } from "./document-kind";

/** Outcome of decoding a revision to a document of type `D`. Reasons name places in the file, never content. */
export type Decoded<D> =
  { kind: "whole"; document: D } | { kind: "newer"; reason: string } | { kind: "damaged"; reason: string };

/** Decodes the bytes of revisions to documents of type `D`, and encodes documents of type `W`. */
export type RevisionCodec<W extends RevisionDocument, D extends W = W> = {
  /** Damaged bytes do not throw. @throws KeyNotHeld where the bytes are encrypted and the key is not known */
  decode(hash: string, bytes: Buffer, rev: number): Decoded<D>;
  encode(hash: string, document: W): Buffer;
  /** The last document with a hash that it has decoded or encoded, with its bytes, if it is cached and has this number. */
  known(hash: string, rev: number): KnownDocument<D> | null;
  forget(hash: string): void;
};

export type KnownDocument<D> = { document: D; bytes: Buffer };
