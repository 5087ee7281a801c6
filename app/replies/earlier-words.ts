import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { journalName, readSessionFolder } from "~/store/sessions/layout";
import { errorCode } from "~/store/volume/volume";
import { onVolume } from "~/store/volume/volume-failure";
import { createJournalReaderOf, type JournalReader, type JournalReaderDependencies } from "./journal-reader";

/** What the runners of a reply up to now have said, as their journals hold it. */
export type EarlierWords = {
  /**
   * Reads on from where the last call has come to.
   * @returns the journal of the last runner that had one, for each begins with all that was in the one before; empty
   * where there is none
   * @throws ExpectedError `volume_unavailable`, after which it may be called again
   */
  read(): Promise<ReplyChunk[]>;
  /** Whether the last call has found the journal of the reply's current epoch. */
  isBegun(): boolean;
};

const NOT_READ = "Nothing that was saved is lost; try again soon.";

export function createEarlierWords(key: string, reply: Reply, deps: JournalReaderDependencies): EarlierWords {
  const journals = new Map<number, { reader: JournalReader; chunks: ReplyChunk[] }>();
  let names: ReadonlySet<string> = new Set();

  async function read(): Promise<ReplyChunk[]> {
    // Only names that are listed are opened: NFS would remember for seconds that one is not there.
    names = new Set(await listJournals(key, deps));
    for (let epoch = reply.epoch; epoch > 0; epoch--) {
      if (!names.has(journalName(reply.id, epoch))) continue;
      const chunks = await readOn(epoch);
      if (chunks.length > 0) return chunks;
    }
    return [];
  }

  async function readOn(epoch: number): Promise<ReplyChunk[]> {
    const journal = journals.get(epoch) ?? {
      reader: createJournalReaderOf(key, { id: reply.id, epoch }, deps),
      chunks: [],
    };
    // Set again once all of it was read: a reader that has failed may have passed over what it had read.
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
  key: string,
  deps: Pick<JournalReaderDependencies, "volume" | "layout">,
  isRetry = false,
): Promise<string[]> {
  try {
    return readSessionFolder(await deps.volume.list(deps.layout.sessionFolder(key))).journals;
  } catch (error) {
    const code = errorCode(error);
    // Deleted: then there is nothing to take over either.
    if (code === "ENOENT") return [];
    if (code === "ESTALE" && !isRetry) return listJournals(key, deps, true);
    throw error;
  }
}
