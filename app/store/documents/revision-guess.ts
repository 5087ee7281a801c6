import { unlessGone } from "~/store/volume/errno";
import type { Confirmed } from "~/store/volume/volume";
import { readSessionFolder, revisionName, type SessionFolder } from "./layout";
import { readRevision, type Revision } from "./read-revision";
import type { RevisionReaderOptions } from "./revision-reader";
import type { RevisionDocument } from "./document-kind";
import type { Decoded, KnownDocument } from "./revision-codec";
import { incarnationPath } from "~/store/sessions/session-folder";

/**
 * How a commit checks the guess that it is built on, before it gets its name. `isRight` resolves when the revision was read;
 * that there is no document, the commit finds by making its folder.
 */
export type GuessChecks = { isRight: Promise<boolean> } & Required<Confirmed>;

/** `folder`: as it was listed; null where it may have to be listed again. */
export type Guessed<D> = {
  folder: SessionFolder | null;
  guess: ({ document: D | null } & GuessChecks) | null;
};

/**
 * Guesses what a read of the newest revision would return, from one listing: the document that this node has in memory, or
 * none where there seems to be no folder. Only for a commit, see app/store/PROTOCOL.md, Committing.
 * @throws what the volume throws
 */
export async function guessNewest<W extends RevisionDocument, D extends W>(
  options: RevisionReaderOptions<W, D>,
): Promise<Guessed<D>> {
  const { volume, kind, hash } = options;
  const peeked = await volume.peek(kind.folderOf(hash)).catch((error: unknown) => {
    unlessGone(error);
    return null;
  });
  if (!peeked) return { folder: null, guess: null };
  const { names, confirmedSince } = peeked;
  const folder = readSessionFolder(names ?? []);
  if (!names) return { folder, guess: { document: null, isRight: Promise.resolve(true), confirmedSince } };
  const known = findKnown(options, folder);
  if (!known) return { folder, guess: null };
  const isRight = isUnchanged(options, folder, known);
  // Only a commit that comes so far waits for it.
  isRight.catch(() => undefined);
  return { folder, guess: { document: { ...known.document }, isRight, confirmedSince } };
}

/** The newest commit by a listing, if this node has it in memory and knows that it is durable. */
function findKnown<W extends RevisionDocument, D extends W>(
  { durable, codec, hash }: RevisionReaderOptions<W, D>,
  { revisions, damaged, incarnation }: SessionFolder,
): KnownDocument<D> | null {
  const [rev = 0] = revisions;
  const commit = durable.get(hash);
  if (incarnation === null || commit?.rev !== rev || (damaged[0] ?? 0) > rev) return null;
  const known = codec.known(hash, rev);
  return known?.document.recent[0] === commit.commit ? known : null;
}

/** The number may be that of another commit, in a folder that was restored or begun anew. */
async function isUnchanged<W extends RevisionDocument, D extends W>(
  options: RevisionReaderOptions<W, D>,
  folder: SessionFolder,
  known: KnownDocument<D>,
): Promise<boolean> {
  const { rev, recent } = known.document;
  const revision = await readListed(options, folder, rev, known);
  return revision.kind === "whole" && revision.document.recent[0] === recent[0];
}

/**
 * Reads a revision that was listed. Reads may be shared: the file behind an incarnation and a number never changes.
 * @param known spares decoding the same bytes, also when the codec has cached the next revision in their place
 */
export function readListed<W extends RevisionDocument, D extends W>(
  { volume, kind, hash, codec, reads }: RevisionReaderOptions<W, D>,
  folder: SessionFolder,
  rev: number,
  known: KnownDocument<D> | null = null,
): Promise<Revision<D>> {
  const path = `${incarnationPath(kind.folderOf(hash), folder)}/${revisionName(rev)}`;
  const decode = (bytes: Buffer): Decoded<D> =>
    known?.bytes.equals(bytes)
      ? { kind: "whole", document: { ...known.document } }
      : codec.decode(hash, bytes, rev);
  return reads(path, () => readRevision(volume, path, decode, kind.subject));
}
