import { ExpectedError } from "~/conversation/expected-error";
import type { Layout } from "~/store/documents/layout";
import { unlessGone } from "~/store/volume/errno";
import { namesIn, namesInShards } from "~/store/volume/list-folder";
import { sweepEach } from "~/store/volume/sweep-each";
import type { SessionStore } from "~/store/sessions/session-store";
import { parseStoredShare } from "./share-files";
import { readVolumeClock } from "~/store/volume/volume-clock";
import type { Volume } from "~/store/volume/volume";

export type ShareSweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  sessions: Pick<SessionStore, "header">;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
};

export type ShareSweepTally = { seen: number; removed: number };

/** Minimum age in milliseconds of a file to remove: longer than a request takes from its file to its commit. */
const YOUNG_MS = 3_600_000;
/** Bounded, so that a sweep leaves the volume to requests. */
const SHARES_PER_SECOND = 20;

const SHARE_NAME = /^([0-9a-f]{64})\.json$/;

/**
 * Removes snapshots that no session lists, which a crash between file and commit leaves behind, and old temporary files.
 * Ends early when aborted. Any number of nodes may sweep at once.
 * @throws what the volume throws
 */
export async function sweepShares(options: ShareSweepOptions, signal: AbortSignal): Promise<ShareSweepTally> {
  const { volume, layout, instance, sessions } = options;
  const tally = { seen: 0, removed: 0 };
  const shards = await namesIn(volume, layout.shares);
  if (shards.length === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "shares");
  await sweepEach(namesInShards(volume, layout.shares, shards), signal, async ([shard, name]) => {
    await options.delay(1_000 / SHARES_PER_SECOND);
    const path = `${layout.shares}/${shard}/${name}`;
    tally.seen += 1;
    if (!(await isLeftover(path, name))) return;
    await volume.unlink(path).catch(unlessGone);
    tally.removed += 1;
  });
  return tally;

  async function isLeftover(path: string, name: string): Promise<boolean> {
    try {
      if (now - (await volume.stats(path)).modifiedAt < YOUNG_MS) return false;
      if (name.endsWith(".tmp")) return true;
      const shareHash = SHARE_NAME.exec(name)?.[1];
      // Damaged files are kept for the operator, and newer ones are left to the sweep of a newer version.
      const stored = shareHash && parseStoredShare((await volume.read(path)).bytes);
      return stored && stored.kind === "whole" ? await isUnlisted(shareHash, stored.value.session) : false;
    } catch (error) {
      unlessGone(error);
      return false;
    }
  }

  /** False where the session cannot be read now. */
  async function isUnlisted(shareHash: string, sessionHash: string): Promise<boolean> {
    try {
      const record = await sessions.header(sessionHash);
      // The damaged revision may have listed more links.
      if (record && record.recovered !== null) return false;
      return !record?.header.shares?.some(({ key }) => key === shareHash);
    } catch (error) {
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return false;
      throw error;
    }
  }
}
