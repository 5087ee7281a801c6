import { ExpectedError } from "~/conversation/expected-error";
import type { Layout } from "~/store/sessions/layout";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/sessions/tombstone";
import type { SessionStore } from "~/store/sessions/session-store";
import { parseStoredShare } from "./share-files";
import { readVolumeClock } from "~/store/volume/volume-clock";
import type { Volume } from "~/store/volume/volume";

export type ShareSweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`: the name of its test file. */
  instance: string;
  sessions: Pick<SessionStore, "header">;
  /** Resolves after so many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  sharesPerSecond?: number;
};

export type ShareSweepTally = { seen: number; removed: number };

/** Longer than anybody takes from writing a snapshot to listing it in its session. */
const YOUNG_MS = 3_600_000;

const SHARE_NAME = /^([0-9a-f]{64})\.json$/;

/**
 * Removes snapshots that no session lists, left by a crash between the two, and what writers have left unfinished.
 * Ends early when aborted. Any number of nodes may do so at once.
 * @throws what the volume throws
 */
export async function sweepShares(options: ShareSweepOptions, signal: AbortSignal): Promise<ShareSweepTally> {
  const { volume, layout, instance, sessions, sharesPerSecond = 20 } = options;
  const tally = { seen: 0, removed: 0 };
  const shards = (await listIfThere(volume, layout.shares)) ?? [];
  if (shards.length === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "shares");
  for (const shard of shards) {
    for (const name of (await listIfThere(volume, `${layout.shares}/${shard}`)) ?? []) {
      if (signal.aborted) return tally;
      const path = `${layout.shares}/${shard}/${name}`;
      tally.seen += 1;
      if (await isLeftOver(path, name)) {
        await volume.unlink(path).catch(unlessGone);
        tally.removed += 1;
      }
      await options.delay(1_000 / sharesPerSecond);
    }
  }
  return tally;

  async function isLeftOver(path: string, name: string): Promise<boolean> {
    try {
      if (now - (await volume.stats(path)).modifiedAt < YOUNG_MS) return false;
      if (name.endsWith(".tmp")) return true;
      const key = SHARE_NAME.exec(name)?.[1];
      // Damage is for whoever follows the link to find, and for the operator to look at; what is newer is for a node
      // of its version to sweep.
      const stored = key && parseStoredShare((await volume.read(path)).bytes);
      return stored && stored.kind === "whole" ? await isUnlisted(key, stored.value.session) : false;
    } catch (error) {
      unlessGone(error);
      return false;
    }
  }

  /** False where that cannot be said now. */
  async function isUnlisted(key: string, sessionKey: string): Promise<boolean> {
    try {
      const record = await sessions.header(sessionKey);
      // The revision that was damaged may have listed more.
      if (record && record.recovered !== null) return false;
      return !record?.header.shares?.some((share) => share.key === key);
    } catch (error) {
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return false;
      throw error;
    }
  }
}
