import { join } from "node:path";
import type { AppendLog } from "~/store/volume/append-log";
import type { NameClaim } from "./claim-name";
import { MEMBERSHIP_FORMAT, segmentName, formatMembershipLine, type MembershipHead } from "./membership-line";
import type { Layout } from "~/store/sessions/layout";
import { DEAD_AFTER_MS } from "./failure-detector";
import type { Timer } from "~/store/volume/timer";
import { errorCode, type Volume } from "~/store/volume/volume";

/**
 * What this node tells the others: that it lives, and which sessions it has changed. An append-only file in
 * segments; a new one is begun when the last is long, when an append failed (a torn line must not be glued to),
 * and when the node was silent for so long that others may have stopped reading. A segment is never written
 * again once the next one exists, so that whoever sees the next may finish the one before and move on.
 */
export type MembershipLog = {
  /** Resolves after the first attempt, whatever came of it: from then on the membership log goes on by itself. */
  start(): Promise<void>;
  /** To be told to others soon; many within a short time in one append. Null: the session was removed. */
  announceChange(key: string, rev: number | null): void;
  /** This node finishes what it does and takes nothing new: a successor does not mean that it is dead. */
  announceDraining(): Promise<void>;
  /** The last word. Nothing is written after it. */
  leave(): Promise<void>;
  /** Resolves when all that was told is on stable storage, or the last attempt has failed. */
  flush(): Promise<void>;
  /** The file that is being written; null while there is none. */
  segment(): string | null;
  /** That file is gone from the folder: what is written to it reaches nobody. */
  segmentLost(fileName: string): void;
  /**
   * When the others last had a sign of life from here, in milliseconds of `now`; null if they never had. More
   * than `DEAD_AFTER_MS` ago, they may have declared this node dead and taken over its replies.
   */
  lastAppendAt(): number | null;
};

export type MembershipLogOptions = {
  volume: Volume;
  layout: Layout;
  /** This node's name and boot. */
  name: string;
  boot: string;
  startedAt: Date;
  /** By which the first segment waits until the name is this node's alone. */
  claim: Pick<NameClaim, "settle" | "confirm">;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** Told of the boots of this name that were there when the membership log began. */
  onPredecessors: (boots: string[]) => void;
  /** Told once when the membership log falls silent, and once when it can be heard again. */
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

const MAX_PREDECESSORS = 100;

export function createMembershipLog(options: MembershipLogOptions): MembershipLog {
  const { volume, layout, name, boot, claim, now, timer } = options;
  const {
    heartbeatMs: beatMs = 2_000,
    batchMs = 50,
    maxBytes = 65_536,
    keepMs = 600_000,
    maxWaiting = 5_000,
  } = options;

  let waiting = new Map<string, number | null>();
  let missed = false;
  let draining: "no" | "to be said" | "said" = "no";
  let ending = false;
  let ended = false;

  let current: { fileName: string; log: AppendLog; bytes: number } | null = null;
  let segments = 0;
  let predecessors: string[] | null = null;
  let isConfirmed = false;
  const old = new Map<string, { endedAt: number }>();

  let beats = 0;
  let lastHeardAt: number | null = null;
  let triedAt = -Infinity;
  let broken = false;
  let working: Promise<void> | null = null;
  let cancelTimer = () => {};

  const somethingToSay = () => waiting.size > 0 || missed || draining === "to be said";

  function schedule() {
    cancelTimer();
    if (ended || ending || working) return;
    const wait = somethingToSay() && !broken ? batchMs : beatMs;
    cancelTimer = timer(Math.max(0, triedAt + wait - now()), () => void work());
  }

  function work(): Promise<void> {
    cancelTimer();
    working ??= say().finally(() => {
      working = null;
      schedule();
    });
    return working;
  }

  /** One append with all there is to say: a sign of life in any case. */
  async function say() {
    const askedAt = (triedAt = now());
    const batch = { waiting, missed, draining };
    waiting = new Map();
    missed = false;
    try {
      // Others may have stopped reading a membership log that was silent for so long, or have removed it.
      const unheard = lastHeardAt !== null && askedAt - lastHeardAt >= DEAD_AFTER_MS;
      if (current && (unheard || current.bytes >= maxBytes)) leaveSegment();
      let text = lines(batch);
      if (!current) {
        current = await nextSegment();
        text = formatMembershipLine(head()) + text;
      }
      // Not `askedAt`: the first segment may have waited for the name.
      const appendedAt = now();
      await current.log.append(text);
      current.bytes += text.length;
      lastHeardAt = appendedAt;
      if (draining === "to be said") draining = "said";
      if (broken) options.onRecovery();
      broken = false;
    } catch (error) {
      leaveSegment();
      putBack(batch);
      if (!broken) options.onFailure(error);
      broken = true;
      return;
    }
    await removeOld();
  }

  function lines(batch: { waiting: Map<string, number | null>; missed: boolean; draining: string }): string {
    let text = "";
    if (batch.missed) text += formatMembershipLine({ missed: true });
    if (batch.waiting.size > 0) text += formatMembershipLine({ changed: Object.fromEntries(batch.waiting) });
    if (batch.draining === "to be said") text += formatMembershipLine({ draining: true });
    if (ending) text += formatMembershipLine({ goodbye: true });
    return text || formatMembershipLine({ beat: ++beats });
  }

  function head(): MembershipHead {
    return {
      format: MEMBERSHIP_FORMAT,
      name,
      boot,
      segment: segments,
      startedAt: options.startedAt.toISOString(),
      succeeds: predecessors ?? [],
      draining: draining !== "no",
    };
  }

  async function nextSegment() {
    if (!predecessors) {
      await volume.makeFolder(layout.nodes);
      predecessors = await claim.settle();
      predecessors = predecessors.slice(0, MAX_PREDECESSORS);
      options.onPredecessors(predecessors);
    }
    const fileName = segmentName({ name, boot, segment: ++segments });
    // Known before it is there: an attempt that got no answer may have made it all the same.
    old.set(fileName, { endedAt: now() });
    const path = join(layout.nodes, fileName);
    const log = await volume.createLog(path).catch(async (error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
      await volume.makeFolder(layout.nodes);
      return volume.createLog(path);
    });
    old.delete(fileName);
    if (!isConfirmed) await confirm(path, log);
    return { fileName, log, bytes: 0 };
  }

  /** Where the name is another's, no file of this node stays behind in which the other would see a process. */
  async function confirm(path: string, log: AppendLog) {
    try {
      await claim.confirm();
      isConfirmed = true;
    } catch (error) {
      await log.close().catch(() => undefined);
      await volume.unlink(path).catch(() => undefined);
      throw error;
    }
  }

  function leaveSegment() {
    if (!current) return;
    old.set(current.fileName, { endedAt: now() });
    // Not waited for, and nothing is to be learnt from it: what was appended is synced, or has been said to fail.
    void current.log.close().catch(() => undefined);
    current = null;
  }

  /** What was told meanwhile is newer. */
  function putBack(batch: { waiting: Map<string, number | null>; missed: boolean }) {
    waiting = new Map([...batch.waiting, ...waiting]);
    missed ||= batch.missed;
    forgetTooMany();
  }

  function forgetTooMany() {
    if (waiting.size <= maxWaiting) return;
    waiting.clear();
    missed = true;
  }

  async function removeOld() {
    for (const [fileName, { endedAt }] of old) {
      if (now() - endedAt < keepMs) continue;
      try {
        await volume.unlink(join(layout.nodes, fileName));
      } catch (error) {
        // Tried again with the next beat.
        if (errorCode(error) !== "ENOENT") return;
      }
      old.delete(fileName);
    }
  }

  async function flush() {
    if (working) await working;
    if (!ended && !broken && somethingToSay()) await work();
  }

  return {
    start: work,
    announceChange(key, rev) {
      if (ended) return;
      waiting.set(key, rev);
      forgetTooMany();
      if (!working && !broken) schedule();
    },
    async announceDraining() {
      if (draining === "no") draining = "to be said";
      await flush();
    },
    async leave() {
      if (ending) return;
      if (working) await working;
      ending = true;
      cancelTimer();
      await say();
      ended = true;
      leaveSegment();
    },
    flush,
    segment: () => current?.fileName ?? null,
    segmentLost(fileName) {
      if (current?.fileName !== fileName || working) return;
      leaveSegment();
      void work();
    },
    lastAppendAt: () => lastHeardAt,
  };
}
