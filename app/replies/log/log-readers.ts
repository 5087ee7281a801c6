import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Layout } from "~/store/documents/layout";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";
import { createLogReader, type LogReader } from "./log-reader";
import { createWordsReader } from "./log-content";
import { createWordsCodec, type LoggedReply } from "./log-lines";

/** The readers of other instances' logs: one for each log, whatever the number of followers and takeovers. */
export type LogReaders = {
  /**
   * The reader of an instance's log, until `release` is called and for a while after that. While `isPolled` is true for
   * one of its users, the log is read again and again.
   */
  open(instance: string, options: { isPolled: boolean }): { reader: LogReader; release: () => void };
  /**
   * All chunks of a reply that its log has now; empty where it has none. They are also looked for where a burial
   * (bury-logs.ts) has moved the log: its owner, if it lives, makes a new folder a moment before it writes them there.
   * @throws the volume's errors; KeyNotHeld; ExpectedError `session_newer_format`
   */
  read(instance: string, reply: LoggedReply): Promise<ReplyChunk[]>;
};

export type LogReadersOptions = {
  volume: Pick<Volume, "list" | "readFrom">;
  layout: Layout;
  encryptor: Encryptor;
  timer: Timer;
  log: { warn(fields: object, message: string): void };
};

/** Ends the name of a folder that was moved away to be removed, after a last copy of words that are still needed. */
export const BURIED = ".buried";
/** Time from the end of one read to the next, in milliseconds. */
const POLL_MS = 20;
/** The same while a node follows no more than FEW_LOGS logs: followers then wait less, and each read is a request. */
const POLL_FEW_MS = 10;
const FEW_LOGS = 4;
/** The same after a read that failed. */
const POLL_AFTER_FAILURE_MS = 1_000;
/** How long a reader stays after its last use, in milliseconds: the replies of a dead node are taken over in a row. */
const KEEP_MS = 30_000;

type Shared = {
  reader: LogReader;
  users: number;
  /** Number of users that opened it with `isPolled`. */
  polling: number;
  isPolling: boolean;
  forget: () => void;
};

export function createLogReaders(options: LogReadersOptions): LogReaders {
  const { encryptor, timer, log } = options;
  const readers = new Map<string, Shared>();
  /** Number of logs that are read again and again. */
  let polled = 0;

  function share(instance: string): Shared {
    const known = readers.get(instance);
    if (known) return known;
    const onDamage = (event: object) => log.warn(event, "a reply log is damaged");
    const reader = createLogReader({ ...options, instance, onDamage });
    const shared = { reader, users: 0, polling: 0, isPolling: false, forget: () => {} };
    readers.set(instance, shared);
    return shared;
  }

  /** Reads for as long as a user wants it. Failed reads are repeated; followers receive nothing meanwhile. */
  async function poll(instance: string, shared: Shared) {
    if (shared.isPolling) return;
    shared.isPolling = true;
    polled += 1;
    let failures = 0;
    while (shared.polling > 0) {
      try {
        await shared.reader.refresh();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) log.warn({ instance, err: error }, "a reply log could not be read");
      }
      const pauseMs = polled <= FEW_LOGS ? POLL_FEW_MS : POLL_MS;
      await new Promise<void>((resolve) => timer(failures > 0 ? POLL_AFTER_FAILURE_MS : pauseMs, resolve));
    }
    polled -= 1;
    shared.isPolling = false;
  }

  function open(instance: string, { isPolled }: { isPolled: boolean }) {
    const shared = share(instance);
    shared.forget();
    shared.users += 1;
    if (isPolled) {
      shared.polling += 1;
      void poll(instance, shared);
    }
    let isReleased = false;
    return {
      reader: shared.reader,
      release() {
        if (isReleased) return;
        isReleased = true;
        if (isPolled) shared.polling -= 1;
        if (--shared.users > 0) return;
        shared.forget = timer(KEEP_MS, () => void readers.delete(instance));
      },
    };
  }

  /** Empty where there are none, or no such folder. */
  async function readFolder(folder: string, reply: LoggedReply): Promise<ReplyChunk[]> {
    const { reader, release } = open(folder, { isPolled: false });
    try {
      await reader.refresh();
      const words = reader.find(reply);
      return words ? createWordsReader(words, createWordsCodec(encryptor, reply)).readMore() : [];
    } finally {
      release();
    }
  }

  return {
    open,
    async read(instance, reply) {
      const chunks = await readFolder(instance, reply);
      return chunks.length > 0 ? chunks : readFolder(instance + BURIED, reply);
    },
  };
}
