import { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { isFull, isReadOnly, mayMeanAway, unlessGone, WRONG_VOLUME } from "./errno";
import { MARKER_NAME, type Layout } from "~/store/documents/layout";
import { putIfAbsent } from "./put-if-absent";
import type { Volume, VolumeGuard } from "./volume";

export type VolumeIdentityOptions = {
  /** DATA_DIR without a guard, because this module is the guard of other volumes. */
  volume: Volume;
  layout: Layout;
  /** This node's instance, `name.boot`. */
  instance: string;
  newId: () => string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Called with the reason when DATA_DIR is no longer the same volume, and with null when it is again. */
  onChange?: (reason: string | null) => void;
};

/** Loose, so that later versions can add fields. */
const marker = z.object({ id: z.string().min(1) });

/**
 * Distinguishes an unmounted, moved or replaced DATA_DIR from an empty one, by a marker: a file with an id that is made
 * once for each volume. The first confirmation marks a directory without a marker, by put-if-absent, so that nodes that
 * start at the same time agree. From then on this process accepts no other id and makes no marker. A confirmation costs
 * one `lstat`; the marker is read only where it is another file than the last time. After a name was missing, `sessions`
 * must exist, too: it can be a separate mount or be moved away alone, and without it all sessions would seem deleted.
 */
export function createVolumeIdentity(options: VolumeIdentityOptions): VolumeGuard {
  const { volume, layout, now, onChange = () => {} } = options;
  let known: MarkedVolume | null = null;
  let confirmedAt = -Infinity;
  let confirming: Promise<void> | null = null;
  let reported: string | null = null;
  /** A name was missing: confirmations check for `sessions`, too, until it exists. */
  let isSuspect = false;

  async function compare(marked: MarkedVolume) {
    const sessions = isSuspect ? versionOf(volume, layout.sessions, MISSING_SESSIONS) : null;
    sessions?.catch(() => undefined);
    known = await compareMarker(options, marked);
    if (!sessions) return;
    await sessions;
    isSuspect = false;
  }

  async function confirm() {
    const askedAt = now();
    try {
      if (known) await compare(known);
      else known = await identify(options);
      confirmedAt = askedAt;
      report(null);
    } catch (error) {
      confirmedAt = -Infinity;
      if (ExpectedError.isInstance(error) && error.cause instanceof WrongVolume) report(error.cause.message);
      throw error;
    }
  }

  function report(reason: string | null) {
    if (reason !== reported) onChange(reason);
    reported = reason;
  }

  async function confirmOnce() {
    confirming ??= confirm().finally(() => (confirming = null));
    await confirming;
  }

  return {
    root: layout.root,
    isKnown: () => known !== null,
    async confirm(maxAgeMs) {
      if (maxAgeMs > 0 && now() - confirmedAt < maxAgeMs) return;
      await confirmOnce();
    },
    async confirmAfterMiss() {
      // A confirmation that has begun before does not check for `sessions`.
      if (!isSuspect) await confirming;
      isSuspect = true;
      await confirmOnce();
    },
  };
}

/** The id in the marker, and the version of the marker's file that had it. */
type MarkedVolume = { id: string; version: string };

/** Marks the volume if it has no marker, and makes its folders. @returns null where it can only be read */
async function identify(options: VolumeIdentityOptions): Promise<MarkedVolume | null> {
  const { volume, layout } = options;
  await volume.makeFolder(layout.root);
  if ((await readMarker(volume, layout.marker)) === null && !(await mark(options))) return null;
  const id = await readMarker(volume, layout.marker);
  if (id === null) throw wrongVolume(MISSING);
  for (const folder of topFolders(layout)) await volume.makeFolder(folder);
  return { id, version: await versionOf(volume, layout.marker, MISSING) };
}

/** @returns false where nothing can be written, but sessions of an earlier version can be read */
async function mark(options: VolumeIdentityOptions): Promise<boolean> {
  const { volume, layout } = options;
  try {
    await putIfAbsent(options, layout.root, MARKER_NAME, `${JSON.stringify({ id: options.newId() })}\n`);
    return true;
  } catch (error) {
    if (!isFull(error) && !isReadOnly(error)) throw error;
    await volume.list(layout.sessions).catch(() => {
      throw error;
    });
    return false;
  }
}

/** @throws ExpectedError `volume_unavailable` where the marker is missing or has another id */
async function compareMarker(
  { volume, layout }: VolumeIdentityOptions,
  marked: MarkedVolume,
): Promise<MarkedVolume> {
  const version = await versionOf(volume, layout.marker, MISSING);
  if (version === marked.version) return marked;
  const id = await readMarker(volume, layout.marker);
  if (id === null) throw wrongVolume(MISSING);
  if (id !== marked.id) throw wrongVolume(ANOTHER);
  return { id, version };
}

async function versionOf(volume: Volume, path: string, whereMissing: string): Promise<string> {
  try {
    return (await volume.stats(path)).version;
  } catch (error) {
    throw mayMeanAway(error) ? wrongVolume(whereMissing) : error;
  }
}

const MISSING = `${MARKER_NAME} is missing: the volume is not mounted, or was moved away`;
const MISSING_SESSIONS = "sessions is missing: that part of the volume is not mounted, or was moved away";
const ANOTHER = `${MARKER_NAME} has another id: this is not the volume that the server began with. Mount that one again, or restart the server to use this one`;

/** The id in a marker; null where the file is missing. @throws ExpectedError `volume_unavailable` where it is damaged */
export async function readMarker(volume: Volume, path: string): Promise<string | null> {
  let text: string;
  try {
    text = (await volume.readFrom(path, 0)).toString("utf8");
  } catch (error) {
    unlessGone(error);
    return null;
  }
  try {
    return marker.parse(JSON.parse(text)).id;
  } catch {
    throw wrongVolume(`${MARKER_NAME} is damaged. Restore it from a backup`);
  }
}

function topFolders(layout: Layout): string[] {
  const { sessions, quarantine, nodes, shares, attachments, handoffs, usage, reserve } = layout;
  return [sessions, quarantine, nodes, shares, attachments, handoffs, usage, reserve];
}

/** `message` continues "DATA_DIR cannot be used: ". */
class WrongVolume extends Error {
  readonly code = WRONG_VOLUME;
}

function wrongVolume(reason: string): ExpectedError {
  return new ExpectedError(
    "volume_unavailable",
    "Conversation storage is not connected at the moment. Nothing saved is lost. Try again soon.",
    { cause: new WrongVolume(reason) },
  );
}
