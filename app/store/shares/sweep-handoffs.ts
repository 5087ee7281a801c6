import type { Layout } from "~/store/documents/layout";
import { listIfThere } from "~/store/volume/list-folder";
import { sweepEach } from "~/store/volume/sweep-each";
import { unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { parseStoredHandoff } from "./handoff-file";

export type HandoffSweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  /** How long a box may be claimed, in milliseconds. */
  lifetimeMs: number;
};

/** The names that a sweep may remove: boxes, claims and temporary files. */
const SWEPT_NAME = /^[0-9a-f]{64}\.(json|claimed)$|\.tmp$/;

/**
 * Removes boxes and claims that are too old, but no box of a newer version. Ends early when aborted. Any number of
 * nodes may sweep at once.
 * @throws what the volume throws
 */
export async function sweepHandoffs(
  { volume, layout, instance, lifetimeMs }: HandoffSweepOptions,
  signal: AbortSignal,
): Promise<{ seen: number; removed: number }> {
  const folder = layout.handoffs;
  const tally = { seen: 0, removed: 0 };
  const names = (await listIfThere(volume, folder)) ?? [];
  if (names.length === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "handoffs");
  // A box before its claim, so that there is no moment in which it could be claimed again.
  const isBox = (name: string) => name.endsWith(".json");
  const boxesFirst = names.toSorted((a, b) => Number(isBox(b)) - Number(isBox(a)));
  await sweepEach(boxesFirst, signal, async (name) => {
    tally.seen += 1;
    try {
      if (!SWEPT_NAME.test(name)) return;
      if (now - (await volume.stats(`${folder}/${name}`)).modifiedAt <= lifetimeMs) return;
      if (isBox(name) && (await isNewer(volume, `${folder}/${name}`))) return;
      await volume.unlink(`${folder}/${name}`);
      tally.removed += 1;
    } catch (error) {
      unlessGone(error);
    }
  });
  return tally;
}

/** Whether a box is of a newer version, which may give it more time. False where it is gone. */
async function isNewer(volume: Volume, path: string): Promise<boolean> {
  try {
    return parseStoredHandoff(await volume.readFrom(path, 0)).kind === "newer";
  } catch (error) {
    unlessGone(error);
    return false;
  }
}
