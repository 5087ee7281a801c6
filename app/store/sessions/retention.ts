import { join } from "node:path";
import { isGone } from "~/store/volume/errno";
import { namesIn } from "~/store/volume/list-folder";
import { readSessionFolder, revisionName, type Layout } from "./layout";
import { retentionAction } from "./retention-action";
import { parseDoomedName, type SessionRetirement } from "./retire-session";
import { parseHeader, type SessionHeader } from "./session-header";
import { sweepRegularly } from "~/store/volume/sweep-regularly";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";

export const DAY_MS = 86_400_000;

export type SweepTally = { seen: number; retired: number; removed: number };

/** Removes sessions without a change for `days`, and leftovers of removals. Any number of nodes may sweep at once. */
export type Retention = {
  /**
   * Goes through all sessions once, from a random folder on, at `sessionsPerSecond`. Ends early when aborted.
   * @throws what the volume throws
   */
  sweep(signal: AbortSignal): Promise<SweepTally>;
  /** Sweeps about once a day. @returns a function that stops it */
  start(): () => void;
};

export type RetentionOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  retirement: SessionRetirement;
  isDead: (instance: string) => boolean;
  /** Days without a change after which a session is retired; null retires none, and only removes leftovers. */
  days: number | null;
  clock: () => Date;
  timer: Timer;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A number from 0 up to 1. */
  random: () => number;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
  sessionsPerSecond?: number;
  /** How long a tombstone stays, in days. */
  graceDays?: number;
};

const SHARDS = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const SESSION_HASH = /^[0-9a-f]{64}$/;
/** Bytes; a tombstone is smaller. */
const MAX_TOMBSTONE_SIZE = 2_048;
/** Left by a node that died while it deleted a session. */
const DELETED_NAME = /^[0-9a-f]{64}\.[A-Za-z0-9_-]+\.deleted$/;

export function createRetention(options: RetentionOptions): Retention {
  const { volume, layout, instance, retirement, days, clock, timer, random, log } = options;
  const { sessionsPerSecond = 20, graceDays = 7 } = options;
  const maxAge = days === null ? Infinity : days * DAY_MS;
  const graceMs = graceDays * DAY_MS;

  async function sweep(signal: AbortSignal): Promise<SweepTally> {
    const tally = { seen: 0, retired: 0, removed: 0 };
    const volumeNow = await readVolumeClock(volume, layout, instance, "clock");
    const first = Math.floor(random() * SHARDS.length);
    for (const shard of [...SHARDS.slice(first), ...SHARDS.slice(0, first)]) {
      if (signal.aborted) break;
      for (const name of await namesIn(volume, join(layout.sessions, shard))) {
        if (signal.aborted) break;
        await sweepName(shard, name, volumeNow, tally);
        await options.delay(1_000 / sessionsPerSecond);
      }
    }
    return tally;
  }

  async function sweepName(shard: string, name: string, volumeNow: number, tally: SweepTally) {
    if (DELETED_NAME.test(name)) {
      await volume.removeFolder(join(layout.sessions, shard, name));
      tally.removed += 1;
    } else if (parseDoomedName(name)) {
      if (await retirement.finishRemoval(name)) tally.removed += 1;
    } else if (SESSION_HASH.test(name)) {
      tally.seen += 1;
      await sweepSession(name, volumeNow, tally);
    }
  }

  /**
   * Retires or removes a session that is old by two clocks: the age of its file by the volume's clock, and the
   * timestamps in its document by this node's clock. So one wrong clock removes nothing; differences of minutes or
   * hours do not matter, since ages are days. A young file is not read at all.
   */
  async function sweepSession(sessionHash: string, volumeNow: number, tally: SweepTally) {
    const folder = layout.sessionFolder(sessionHash);
    const contents = readSessionFolder(await namesIn(volume, folder));
    const rev = contents.revisions[0];
    if (rev === undefined) return;
    try {
      const path = join(folder, revisionName(rev));
      const { modifiedAt, size } = await volume.stats(path);
      const fileAge = volumeNow - modifiedAt;
      if (fileAge < (size <= MAX_TOMBSTONE_SIZE ? Math.min(maxAge, DAY_MS) : maxAge)) return;
      const parsed = parseHeader((await volume.read(path)).bytes, rev);
      // Damage is left for a reader, which reports it.
      if (parsed.kind !== "whole") return;
      const { retiredAt } = parsed.document;
      const retiredAge = retiredAt === undefined ? null : ageOf(retiredAt);
      const hasLeftovers = contents.revisions.length + contents.journals.length + contents.damaged.length > 1;
      await act(
        sessionHash,
        retentionAction({ fileAge, retiredAge, hasLeftovers }, { maxAge, graceMs }),
        tally,
      );
    } catch (error) {
      // Another writer has changed the folder meanwhile.
      if (!isGone(error)) throw error;
    }
  }

  async function act(sessionHash: string, action: ReturnType<typeof retentionAction>, tally: SweepTally) {
    if (action === "retire" && (await retirement.retire(sessionHash, isDue))) tally.retired += 1;
    if (action === "purge") await retirement.purge(sessionHash);
    if (action === "remove" && (await retirement.remove(sessionHash))) tally.removed += 1;
  }

  function isDue({ updatedAt, reply }: SessionHeader): boolean {
    const running = reply?.node != null && !options.isDead(reply.node);
    return !running && ageOf(updatedAt) >= maxAge;
  }

  const ageOf = (timestamp: string) => clock().getTime() - Date.parse(timestamp);

  return {
    sweep,
    start: () => sweepRegularly({ sweep, what: "the sessions", everyMs: DAY_MS, timer, random, log }),
  };
}
