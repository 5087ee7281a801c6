import type { Encryptor } from "~/store/encryption/encryptor";
import type { Layout } from "~/store/documents/layout";
import { createSegmentedLog, type SegmentedLog } from "~/store/volume/segmented-log";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";
import { createAppendPace } from "./append-pace";
import { createRounds } from "./log-rounds";
import { createGroupWriter } from "./group-writer";
import { createInbox } from "./inbox";
import { createLogEntry, type LogEntry } from "./log-entry";
import { segmentFileName } from "./log-folder";
import { createWordsCodec, type LoggedReply } from "./log-lines";

/**
 * The log of this instance: one durable write for the words of all its running replies (app/store/PROTOCOL.md, Replies).
 * One append is under way at a time, and carries what all replies have said since the last. A listing of the inbox
 * follows it. Then the replies pass their words on, except those that have a note: their sessions are read first.
 *
 * Each segment begins with all that the running replies have said, so that a reader needs no older one. After an append
 * that failed, the next segment repeats what may have been lost.
 */
export type ReplyLog = {
  /**
   * Makes the folder, once. To be awaited before a session names this instance as the runner: a note of another node must
   * find it, or this one would never learn that it was replaced.
   * @throws the volume's errors
   */
  ready(): Promise<void>;
  /**
   * Adds a reply to the log, to be named in the next append. To be called before a session names this instance as the
   * runner. Before that commit is acknowledged, `LogEntry.begun` is to be awaited: then another node finds the reply after
   * this one has died, even if it has said nothing.
   */
  begin(reply: LoggedReply): LogEntry;
  /** Whether it was begun and has not ended: its words are in the log, or will be as soon as that can be written. */
  has(reply: LoggedReply): boolean;
  /**
   * Appends once more what is left. Never rejects: what the volume does not take stays unwritten. Replies that have not
   * settled stay in the log, for their next runners. Nothing may be begun afterwards.
   */
  close(): Promise<void>;
};

export type ReplyLogOptions = {
  volume: Volume;
  layout: Layout;
  encryptor: Encryptor;
  /** This instance, `name.boot`. */
  instance: string;
  /** Time from the start of one append to the next, in milliseconds, with this number of running replies. */
  intervalMs: (replies: number) => number;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** See `GroupWriterOptions`. */
  segmentLength?: number;
};

/** Longest time between two listings of the inbox while replies run, in milliseconds. */
const LIST_EVERY_MS = 250;
/** How long a closed segment stays, for slow readers, in milliseconds. */
const KEEP_MS = 2_000;
/** Time between two removals of old segments and notes, in milliseconds. */
const TIDY_MS = 3_000;

export function createReplyLog(options: ReplyLogOptions): ReplyLog {
  const { volume, layout, encryptor, instance, now, timer, log } = options;
  const entries = new Set<LogEntry>();
  const folder = layout.replyLog(instance);
  const segments = createSegments(options, folder, lose);
  const writer = createGroupWriter({
    ...options,
    segments,
    entries,
    onUnwritable(entry, error) {
      log.error({ reply: entry.reply.replyId, err: error }, "the words of a reply cannot be written");
      entry.end();
    },
  });
  const inbox = createInbox(volume, folder, (replyId) =>
    [...entries].some(({ reply }) => reply.replyId === replyId),
  );
  const pace = createAppendPace(options);
  const rounds = createRounds({ timer, pace, round, quietMs });
  let tidiedAt = -Infinity;
  /** Whether the last listing has succeeded. */
  let isListed = true;
  let runs = 0;

  /** The folder was removed, and with it what was on stable storage. The owners find out whether they are replaced. */
  function lose() {
    log.warn({ instance }, "the folder of this node's reply log is gone: a new one is begun");
    segments.close();
    for (const entry of entries) entry.markLost();
    rounds.addNews("urgent");
  }

  /** Time to the next listing where nothing is to be appended, in milliseconds; null where none is needed. */
  function quietMs(): number | null {
    if (entries.size > 0) return LIST_EVERY_MS;
    return segments.openSegment() === null && inbox.isEmpty() ? null : TIDY_MS;
  }

  /** One append, if it is due, and one listing. Never rejects. */
  async function round(isAppendDue: boolean) {
    if (isAppendDue) await append();
    try {
      const listed = await inbox.list(segments.openSegment(), entries.size > 0);
      isListed = true;
      if (listed === "lost") return lose();
      for (const entry of [...entries]) entry.pass(listed.notes.get(entry.reply.replyId) ?? 0);
      if (now() - tidiedAt >= TIDY_MS) await tidy();
    } catch (error) {
      if (isListed) log.warn({ err: error }, "the inbox of this node's reply log could not be listed");
      isListed = false;
    }
  }

  async function append() {
    const endAppend = pace.startAppend(entries.size);
    try {
      await writer.append();
      if (endAppend(true)) log.info({}, "the reply log is written again");
    } catch (error) {
      rounds.addNews("some");
      if (endAppend(false)) log.warn({ err: error }, "the reply log could not be written: trying again");
      for (const entry of [...entries]) entry.stall(error);
    }
  }

  async function tidy() {
    tidiedAt = now();
    // Also while all running replies are silent: the words of those that have ended are to leave the log.
    if (writer.closeOld()) rounds.addNews("some");
    // While the log cannot be written, its last segments hold all that the running replies have said.
    if (segments.openSegment() !== null || entries.size === 0) await segments.removeOld(KEEP_MS);
    await inbox.removeOld();
  }

  return {
    ready: createOnce(() => volume.makeFolder(folder)),
    begin(reply) {
      const entry = createLogEntry({
        reply,
        run: ++runs,
        codec: createWordsCodec(encryptor, reply),
        onWaiting: (isUrgent) => rounds.addNews(isUrgent ? "urgent" : "some"),
        onEnd() {
          entries.delete(entry);
          if (writer.noteEnd(entry)) rounds.addNews("some");
        },
      });
      entries.add(entry);
      rounds.addNews("urgent");
      return entry;
    },
    has: (reply) => [...entries].some((entry) => isSame(entry.reply, reply)),
    async close() {
      await rounds.close();
      segments.close();
    },
  };
}

/** Runs work until it has succeeded once. Calls meanwhile share its outcome. */
function createOnce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () =>
    (running ??= work().catch((error: unknown) => {
      running = null;
      throw error;
    }));
}

const isSame = (one: LoggedReply, other: LoggedReply): boolean =>
  one.sessionHash === other.sessionHash && one.replyId === other.replyId && one.epoch === other.epoch;

function createSegments(
  { volume, now }: Pick<ReplyLogOptions, "volume" | "now">,
  folder: string,
  onFolderMade: () => void,
): SegmentedLog {
  return createSegmentedLog({ volume, folder: () => folder, fileName: segmentFileName, now, onFolderMade });
}
