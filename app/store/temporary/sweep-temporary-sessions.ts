import { ExpectedError } from "~/conversation/expected-error";
import { HASH_PATTERN } from "~/conversation/session/session-id";
import type { Layout } from "~/store/documents/layout";
import { sweepEach } from "~/store/volume/sweep-each";
import type { SessionStore } from "~/store/sessions/session-store";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { closedName } from "./temporary-sessions";

export type TemporarySweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  sessions: Pick<SessionStore, "header">;
  /** Deletes a session with its shares and files, and stops its reply. No error where there is none. */
  remove: (sessionHash: string) => Promise<void>;
  isDead: (instance: string) => boolean;
  clock: () => Date;
};

export type TemporarySweepTally = { seen: number; removed: number };

/** Time in milliseconds in which a closed tab may turn out to have been reloaded. */
const RELOAD_MS = 60_000;
/** How long a session stays whose tab never said that it was closed, since its last use, in milliseconds. */
const TEMPORARY_MS = 86_400_000;
/** Minimum age in milliseconds of a mark without a session: longer than a request takes from its mark to its commit. */
const YOUNG_MS = 3_600_000;

/**
 * Deletes temporary sessions whose tab was closed a minute ago, and those that were not used for a day. The day is over
 * by two clocks, like that of `RETENTION_DAYS`: the volume's, for the age of the mark, and this node's. A session goes
 * before its marks, so that a sweep that was cut short is repeated by the next one. Ends early when aborted. Any number
 * of nodes may sweep at once.
 * @throws what the volume throws
 */
export async function sweepTemporarySessions(
  options: TemporarySweepOptions,
  signal: AbortSignal,
): Promise<TemporarySweepTally> {
  const { volume, layout, instance, sessions, remove, isDead, clock } = options;
  const folder = layout.temporary;
  const tally = { seen: 0, removed: 0 };
  const names = new Set(await listIfThere(volume, folder));
  if (names.size === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "temporary");
  await sweepEach(names, signal, async (name) => {
    // Names of later versions are left alone.
    if (!HASH_PATTERN.test(name)) return;
    tally.seen += 1;
    if (!(await isDue(name))) return;
    await remove(name);
    for (const mark of [closedName(name), name]) await volume.unlink(`${folder}/${mark}`).catch(unlessGone);
    tally.removed += 1;
  });
  return tally;

  async function isDue(sessionHash: string): Promise<boolean> {
    const closedMs = names.has(closedName(sessionHash)) ? await ageOf(closedName(sessionHash)) : null;
    if (closedMs !== null && closedMs > RELOAD_MS) return true;
    const ageMs = await ageOf(sessionHash);
    return ageMs !== null && ageMs > YOUNG_MS && (await isUnused(sessionHash, ageMs));
  }

  /** Age of a mark in milliseconds; null where it is gone. */
  async function ageOf(name: string): Promise<number | null> {
    try {
      return now - (await volume.stats(`${folder}/${name}`)).modifiedAt;
    } catch (error) {
      unlessGone(error);
      return null;
    }
  }

  async function isUnused(sessionHash: string, ageMs: number): Promise<boolean> {
    try {
      const record = await sessions.header(sessionHash);
      if (!record) return true;
      const { reply, updatedAt } = record.header;
      const isInUse = reply?.node != null && !isDead(reply.node);
      return ageMs > TEMPORARY_MS && !isInUse && clock().getTime() - Date.parse(updatedAt) > TEMPORARY_MS;
    } catch (error) {
      if (!ExpectedError.isInstance(error) || error.code === "volume_unavailable") throw error;
      // One of a newer version is left to a node of that version.
      return error.code === "session_damaged" && ageMs > TEMPORARY_MS;
    }
  }
}
