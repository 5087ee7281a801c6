import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { journalName, readSessionFolder } from "~/store/sessions/layout";
import { errorCode } from "~/store/volume/volume";
import { onVolume } from "~/store/volume/volume-failure";
import { createJournalReaderOf, type JournalReader, type JournalReaderDependencies } from "./journal-reader";

/** The chunks of a reply's runners up to now, from their journals. */
export type EarlierWords = {
  /**
   * Reads on from the end of the last call.
   * @returns the chunks of the last runner that has a journal, which begins with those of its predecessor; empty where
   * there is no journal
   * @throws ExpectedError `volume_unavailable`, after which it may be called again
   */
  read(): Promise<ReplyChunk[]>;
  /** Whether the last call has found the journal of the reply's current epoch. */
  isBegun(): boolean;
};

const NOT_READ = "Nothing that was saved is lost; try again soon.";

export function createEarlierWords(
  sessionHash: string,
  reply: Reply,
  deps: JournalReaderDependencies,
): EarlierWords {
  const journals = new Map<number, { reader: JournalReader; chunks: ReplyChunk[] }>();
  let names: ReadonlySet<string> = new Set();

  async function read(): Promise<ReplyChunk[]> {
    // Opens listed names only: NFS caches the absence of a name for seconds (app/store/NFS.md).
    names = new Set(await listJournals(sessionHash, deps));
    for (let epoch = reply.epoch; epoch > 0; epoch--) {
      if (!names.has(journalName(reply.id, epoch))) continue;
      const chunks = await readOn(epoch);
      if (chunks.length > 0) return chunks;
    }
    return [];
  }

  async function readOn(epoch: number): Promise<ReplyChunk[]> {
    const journal = journals.get(epoch) ?? {
      reader: createJournalReaderOf(sessionHash, { id: reply.id, epoch }, deps),
      chunks: [],
    };
    // Set again after a whole read: a reader that failed may have skipped chunks.
    journals.delete(epoch);
    const more = await journal.reader.readMore();
    journals.set(epoch, { ...journal, chunks: [...journal.chunks, ...more] });
    return journals.get(epoch)!.chunks;
  }

  return {
    read: () => onVolume(read, "read", NOT_READ),
    isBegun: () => names.has(journalName(reply.id, reply.epoch)),
  };
}

async function listJournals(
  sessionHash: string,
  deps: Pick<JournalReaderDependencies, "volume" | "layout">,
  isRetry = false,
): Promise<string[]> {
  try {
    return readSessionFolder(await deps.volume.list(deps.layout.sessionFolder(sessionHash))).journals;
  } catch (error) {
    const code = errorCode(error);
    // The session was deleted: there is nothing to take over.
    if (code === "ENOENT") return [];
    if (code === "ESTALE" && !isRetry) return listJournals(sessionHash, deps, true);
    throw error;
  }
}
