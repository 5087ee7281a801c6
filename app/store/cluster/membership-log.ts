import { DEAD_AFTER_MS } from "./failure-detector";
import { createMembershipOutbox, type MembershipOutbox } from "./membership-outbox";
import {
  createMembershipSegments,
  type MembershipSegments,
  type MembershipSegmentsOptions,
} from "./membership-segments";
import type { Timer } from "~/timer";

/**
 * This node's membership log: its heartbeats and the sessions that it has changed (app/store/PROTOCOL.md). An
 * append-only file in segments (segmented-log.ts). A new segment is begun when the last one is long, when an append has
 * failed, and after a silence in which other nodes may have stopped reading.
 */
export type MembershipLog = {
  /** Resolves after the first attempt, also where it failed. From then on the membership log continues by itself. */
  start(): Promise<void>;
  /** Announces a revision soon, many within a short time in one append. Null: the session was removed. */
  announceChange(sessionHash: string, rev: number | null): void;
  /** Announces that this node lets replies end and takes no new ones: its successor does not mean that it is dead. */
  announceDraining(): Promise<void>;
  /** Appends the last line. Nothing is written after it. */
  leave(): Promise<void>;
  /** Resolves when all announcements are on stable storage, or the last attempt has failed. */
  flush(): Promise<void>;
  /** Name of the file that is being written; null while there is none. */
  segment(): string | null;
  /** To be called when that file is missing from the folder: no reader finds it. Begins another one. */
  segmentLost(fileName: string): void;
};

export type MembershipLogOptions = MembershipSegmentsOptions & {
  timer: Timer;
  /** Called after the first append that fails, and after the first that succeeds again. */
  onFailure: (error: unknown) => void;
  onRecovery: () => void;
  /** Longest time between two appends; least time between two; both in milliseconds. */
  heartbeatMs?: number;
  batchMs?: number;
  /** Size at which a new segment is begun. A node that starts reads no more than that of each other node. */
  maxBytes?: number;
  /** How long a segment stays after the next was begun, for slow readers, in milliseconds. */
  keepMs?: number;
  /** Changed sessions that are kept while the volume is away. */
  maxWaiting?: number;
};

export function createMembershipLog(options: MembershipLogOptions): MembershipLog {
  const { now, timer, heartbeatMs = 2_000, batchMs = 50, maxWaiting = 5_000 } = options;
  const outbox = createMembershipOutbox(maxWaiting);
  const segments = createMembershipSegments(options, outbox.isDraining);
  const appender = createAppender(options, outbox, segments);
  let phase: "running" | "leaving" | "left" = "running";
  let working: Promise<void> | null = null;
  let cancelTimer = () => {};

  function schedule() {
    cancelTimer();
    if (phase !== "running" || working) return;
    const pauseMs = outbox.hasNews() && !appender.isFailing() ? batchMs : heartbeatMs;
    cancelTimer = timer(Math.max(0, appender.attemptedAt() + pauseMs - now()), () => void append());
  }

  /** One attempt at a time. */
  function append(): Promise<void> {
    cancelTimer();
    working ??= appender.append(phase !== "running").finally(() => {
      working = null;
      schedule();
    });
    return working;
  }

  async function flush() {
    if (working) await working;
    if (phase !== "left" && !appender.isFailing() && outbox.hasNews()) await append();
  }

  return {
    start: append,
    announceChange(sessionHash, rev) {
      if (phase === "left") return;
      outbox.addChange(sessionHash, rev);
      if (!working && !appender.isFailing()) schedule();
    },
    async announceDraining() {
      outbox.startDraining();
      await flush();
    },
    async leave() {
      if (phase !== "running") return;
      if (working) await working;
      phase = "leaving";
      cancelTimer();
      await appender.append(true);
      phase = "left";
      segments.close();
    },
    flush,
    segment: segments.openFile,
    segmentLost(fileName) {
      if (segments.openFile() !== fileName || working) return;
      segments.close();
      void append();
    },
  };
}

/** Appends the content of the outbox, in a new segment where one is needed. */
function createAppender(
  options: Pick<MembershipLogOptions, "now" | "onFailure" | "onRecovery" | "maxBytes" | "keepMs">,
  outbox: MembershipOutbox,
  segments: MembershipSegments,
) {
  const { now, maxBytes = 65_536, keepMs = 600_000 } = options;
  let attemptedAt = -Infinity;
  /** Time of `now` before the last append that succeeded. */
  let lastAppendAt: number | null = null;
  let isFailing = false;

  return {
    attemptedAt: () => attemptedAt,
    isFailing: () => isFailing,
    /** One append with all news, or with a heartbeat. Never rejects. */
    async append(isLeaving: boolean): Promise<void> {
      attemptedAt = now();
      // Other nodes may have stopped reading a log that was silent for that long, or have removed its segment.
      const wasSilent = lastAppendAt !== null && attemptedAt - lastAppendAt >= DEAD_AFTER_MS;
      const batch = outbox.take();
      try {
        if (wasSilent || segments.length() >= maxBytes) segments.close();
        let text = outbox.format(batch, isLeaving);
        if (segments.openFile() === null) text = (await segments.open()) + text;
        // Not `attemptedAt`: the first segment may have waited for the name.
        const appendedAt = now();
        await segments.append(text);
        lastAppendAt = appendedAt;
        outbox.confirm(batch);
        if (isFailing) options.onRecovery();
        isFailing = false;
      } catch (error) {
        outbox.putBack(batch);
        if (!isFailing) options.onFailure(error);
        isFailing = true;
        return;
      }
      await segments.removeOld(keepMs);
    },
  };
}
