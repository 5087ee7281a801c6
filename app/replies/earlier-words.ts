import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Reply } from "~/conversation/session/session";
import { journalName } from "~/store/documents/layout";
import { listSessionFolder } from "~/store/sessions/session-folder";
import { onVolume } from "~/store/volume/volume-failure";
import { readJournalOf, type JournalReaderDependencies } from "./journals/journal-reader";
import { HEAD_BYTES, isKeptWords, readKeptWords } from "./log/kept-words";
import { leaveNote, type NoteDependencies } from "./log/log-folder";
import type { LogReaders } from "./log/log-readers";

/** The words of a reply's runners up to now, from their logs. */
export type EarlierWords = {
  /**
   * The chunks in the log of the latest runner that has any: that runner has repeated those of its predecessors. Empty
   * where no runner has said anything.
   * @throws ExpectedError `volume_unavailable`, after which it may be called again; `session_newer_format`
   */
  read(): Promise<ReplyChunk[]>;
  /**
   * The same after a commit that has replaced the runner. Leaves a note in the inbox of each runner before its log is
   * read: whatever that runner shows before it finds the note was on stable storage before this read.
   * @param rev the revision of that commit
   */
  readAfterTakeover(rev: number): Promise<ReplyChunk[]>;
  /** Whether the last call has found words of the reply's current epoch. */
  isBegun(): boolean;
};

export type EarlierWordsDependencies = JournalReaderDependencies &
  NoteDependencies & { logs: Pick<LogReaders, "read"> };

type Runner = { node: string; epoch: number };

const NOT_READ = "Nothing saved is lost. Try again soon.";

/** @param reply the reply as it was before the takeover */
export function createEarlierWords(
  sessionHash: string,
  reply: Reply,
  deps: EarlierWordsDependencies,
): EarlierWords {
  const current: Runner[] = reply.node === null ? [] : [{ node: reply.node, epoch: reply.epoch }];
  // Without a list of runners, the reply was begun by a version whose runners wrote journals.
  const runners: readonly Runner[] = reply.runners ? [...current, ...reply.runners] : [];
  let foundEpoch = 0;

  async function read(beforeRead: (runner: Runner) => Promise<void>): Promise<ReplyChunk[]> {
    foundEpoch = 0;
    for (const runner of runners) {
      await beforeRead(runner);
      const logged = { sessionHash, replyId: reply.id, epoch: runner.epoch };
      const chunks = await deps.logs.read(runner.node, logged);
      if (chunks.length === 0) continue;
      foundEpoch = runner.epoch;
      return chunks;
    }
    return readJournals();
  }

  /** The files with words in the session's folder: journals of an earlier version, or words that a burial has kept. */
  async function readJournals(): Promise<ReplyChunk[]> {
    // Opens listed names only: NFS caches the absence of a name for seconds (app/store/NFS.md).
    const folder = await listSessionFolder(deps.volume, deps.layout.sessionFolder(sessionHash));
    // Without a folder the session was deleted: there is nothing to take over.
    const names = folder?.journals ?? [];
    for (let epoch = reply.epoch; epoch > 0; epoch--) {
      if (!names.includes(journalName(reply.id, epoch))) continue;
      const chunks = await readJournal(epoch);
      if (chunks.length === 0) continue;
      foundEpoch = epoch;
      return chunks;
    }
    return [];
  }

  async function readJournal(epoch: number): Promise<ReplyChunk[]> {
    const path = deps.layout.journal(sessionHash, reply.id, epoch);
    // A journal may have many megabytes, which its reader reads piece by piece.
    if (!isKeptWords(await deps.volume.readFrom(path, 0, HEAD_BYTES)))
      return readJournalOf(sessionHash, { id: reply.id, epoch }, deps);
    return readKeptWords(
      await deps.volume.readFrom(path, 0),
      { sessionHash, replyId: reply.id, epoch },
      deps.encryptor,
    );
  }

  return {
    read: () => onVolume(() => read(async () => {}), "read", NOT_READ),
    readAfterTakeover: (rev) =>
      onVolume(() => read(({ node }) => leaveNote(deps, node, reply.id, rev)), "read", NOT_READ),
    isBegun: () => foundEpoch === reply.epoch,
  };
}
