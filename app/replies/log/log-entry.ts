import type { ToolProgress } from "~/conversation/calls/tool-progress";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { mergeDeltas } from "~/replies/merge-deltas";
import { createAppendedChunks, type EntryOwner } from "./appended-chunks";
import type { LoggedReply, WordsCodec } from "./log-lines";

/**
 * One running reply in the log of this node. Its chunks go through stages: waiting for an append, appended, durable,
 * listed (a listing of the inbox came after), and passed on to its owner.
 */
export type LogEntry = {
  reply: LoggedReply;
  /** Its number among all entries of this log. */
  run: number;
  /** Its number in a segment of the log, by which lines refer to it; null before the log names it. */
  alias: { segment: number; number: number } | null;
  write(chunk: ReplyChunk): void;
  /** Writes chunks of an earlier runner, which keep their numbers: followers may have seen them under those. */
  repeat(chunks: readonly ReplyChunk[]): void;
  /** Says in the next append how far calls have come. A later report replaces one that was not appended yet. */
  report(progress: readonly ToolProgress[]): void;
  /** The value of a line about that, if there is to be one. @throws KeyNotHeld */
  takeReport(): { calls: unknown } | null;
  /** Moves waiting chunks to the next append. @returns the bodies of their new lines @throws KeyNotHeld */
  take(): string[];
  /** The bodies of all lines of the reply so far. */
  bodies(): readonly string[];
  /**
   * Resolves when the log names the reply, on stable storage; also when an append has failed or the entry has ended, so
   * that no request waits for a log that cannot be written.
   */
  begun: Promise<void>;
  /** All that was appended is on stable storage. */
  markDurable(): void;
  /**
   * The segments are gone. The next append repeats all chunks; those that were not passed on wait for it. The session may
   * have changed.
   */
  markLost(): void;
  /** Sets the owner, to which durable chunks are passed from now on. */
  attach(owner: EntryOwner): void;
  /** Passes durable chunks on, after a listing whose newest note for this reply names `notedRev`. */
  pass(notedRev: number): void;
  stall(error: unknown): void;
  /** Resolves when nothing is left to be passed on, or the entry has ended. */
  flush(): Promise<void>;
  /**
   * Nothing more is written or passed on, but the log keeps the words: another node may have to read them, until the
   * reply has settled.
   */
  park(): void;
  /** The reply has settled, or its session is gone: the log may forget it. */
  end(): void;
  isEnded(): boolean;
};

export type LogEntryOptions = {
  reply: LoggedReply;
  run: number;
  codec: WordsCodec;
  /** Called when there is something new to be appended. First words are urgent: they do not wait for the interval. */
  onWaiting: (isUrgent: boolean) => void;
  /** Called once, by `end`. */
  onEnd: () => void;
};

const hasWords = ({ type }: ReplyChunk) => type === "text-delta" || type === "reasoning-delta";

export function createLogEntry({ reply, run, codec, onWaiting, onEnd }: LogEntryOptions): LogEntry {
  const bodies: string[] = [];
  /** Number of the last chunk that was taken for an append. */
  let last = 0;
  let waiting: ReplyChunk[] = [];
  let report: readonly ToolProgress[] | null = null;
  /** How many of the waiting chunks are repeated. Others are merged, to write fewer. */
  let repeated = 0;
  let hasSpoken = false;
  let state: "running" | "parked" | "ended" = "running";
  const flushed: (() => void)[] = [];
  const begun = Promise.withResolvers<void>();
  const appended = createAppendedChunks(resolveFlushes);

  function resolveFlushes() {
    const isIdle = state !== "running" || (waiting.length === 0 && appended.isEmpty());
    if (isIdle) for (const resolve of flushed.splice(0)) resolve();
  }

  /** Nothing more is written or passed on. */
  function stop(as: "parked" | "ended") {
    state = as;
    waiting = [];
    report = null;
    appended.drop();
    resolveFlushes();
  }

  const entry: LogEntry = {
    reply,
    run,
    alias: null,
    write(chunk) {
      if (state !== "running") return;
      waiting.push(chunk);
      if (waiting.length === 1 || !hasSpoken) onWaiting(!hasSpoken);
    },
    repeat(chunks) {
      for (const chunk of chunks) waiting.push(chunk);
      repeated = waiting.length;
      onWaiting(true);
    },
    report(progress) {
      if (state !== "running") return;
      report = progress;
      onWaiting(false);
    },
    takeReport() {
      const taken = report;
      report = null;
      return taken && { calls: codec.formatProgress(taken) };
    },
    take() {
      if (waiting.length === 0) return [];
      const chunks = [...waiting.slice(0, repeated), ...mergeDeltas(waiting.slice(repeated))];
      const body = codec.format(last + 1, chunks);
      hasSpoken ||= chunks.some(hasWords);
      waiting = [];
      repeated = 0;
      last += chunks.length;
      appended.add(chunks);
      bodies.push(body);
      return [body];
    },
    bodies: () => bodies,
    begun: begun.promise,
    markDurable() {
      if (entry.alias) begun.resolve();
      appended.markDurable();
    },
    markLost: appended.markLost,
    attach: appended.attach,
    pass: appended.pass,
    stall(error) {
      begun.resolve();
      appended.stall(error);
    },
    flush: () =>
      new Promise((resolve) => {
        flushed.push(resolve);
        resolveFlushes();
      }),
    park() {
      if (state === "running") stop("parked");
    },
    end() {
      if (state === "ended") return;
      begun.resolve();
      stop("ended");
      onEnd();
    },
    isEnded: () => state === "ended",
  };
  return entry;
}
