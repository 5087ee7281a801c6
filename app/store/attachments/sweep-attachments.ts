import { ExpectedError } from "~/conversation/expected-error";
import { attachmentName, parseAttachmentName, type StoredAttachment } from "./attachment-names";
import { readSessionFolder, type Layout } from "~/store/sessions/layout";
import { DAY_MS } from "~/store/sessions/retention";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/sessions/tombstone";
import type { SessionStore } from "~/store/sessions/session-store";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { errorCode, type Volume } from "~/store/volume/volume";

export type AttachmentSweepTally = { seen: number; setAside: number; removed: number };

export type AttachmentSweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`: the name of its test file. */
  instance: string;
  sessions: Pick<SessionStore, "header">;
  isDead: (instance: string) => boolean;
  /** Resolves after so many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  sessionsPerSecond?: number;
};

/** How long a file may wait to be sent. */
const UNSENT_MS = DAY_MS;
/** Between setting a file aside and removing it: longer than anybody takes to send one that was just seen. */
const GRACE_MS = 3_600_000;

const KEY = /^[0-9a-f]{64}$/;
/** Left by a node that died while it removed the files of a session. */
const DELETED_NAME = /^[0-9a-f]{64}\.[A-Za-z0-9_-]+\.deleted$/;

/**
 * Removes files that were uploaded and never sent, and what removals and dead uploads have left. Goes through all
 * sessions with attachments once, at the pace that was set; ends early when aborted. Any number of nodes may do so
 * at once.
 *
 * A file that no message names is first renamed, and removed by a sweep at least an hour later if still nobody
 * has named it. Whoever sends it meanwhile gives it its name back before the message is committed
 * (AttachmentStore.hold), and a removal under the other name then finds nothing. So no message loses its file,
 * in whatever order sweep and sender come.
 * @throws what the volume throws
 */
export async function sweepAttachments(
  options: AttachmentSweepOptions,
  signal: AbortSignal,
): Promise<AttachmentSweepTally> {
  const { volume, layout, instance, sessionsPerSecond = 20 } = options;
  const tally = { seen: 0, setAside: 0, removed: 0 };
  const shards = await names(layout.attachments);
  if (shards.length === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "attachments");
  for (const shard of shards) {
    for (const name of await names(`${layout.attachments}/${shard}`)) {
      if (signal.aborted) return tally;
      if (DELETED_NAME.test(name)) {
        await volume.removeFolder(`${layout.attachments}/${shard}/${name}`);
        tally.removed += 1;
      } else if (KEY.test(name)) {
        tally.seen += 1;
        await sweepSession(name);
      }
      await options.delay(1_000 / sessionsPerSecond);
    }
  }
  return tally;

  async function sweepSession(key: string) {
    const folder = layout.attachmentFolder(key);
    const all = await names(folder);
    const files = all.flatMap((name) => parseAttachmentName(name) ?? []);
    await removeUploads(folder, all);
    if (files.length === 0) {
      await volume.removeEmptyFolder(folder).catch(unlessInUse);
      return;
    }
    const isSent = await whatIsSent(key);
    for (const file of files) {
      const known = isSent(file);
      if (known !== null) await sweepFile(folder, file, known);
    }
  }

  async function sweepFile(folder: string, file: StoredAttachment, isSent: boolean) {
    const path = `${folder}/${attachmentName(file)}`;
    const rename = (unsentAt: number | null) =>
      volume.rename(path, `${folder}/${attachmentName({ ...file, unsentAt })}`).catch(unlessGone);
    if (isSent) {
      if (file.unsentAt !== null) await rename(null);
    } else if (file.unsentAt !== null) {
      if (now - file.unsentAt < GRACE_MS) return;
      await volume.unlink(path).catch(unlessGone);
      tally.removed += 1;
    } else if ((await ageOf(path)) >= UNSENT_MS) {
      await rename(now);
      tally.setAside += 1;
    }
  }

  /** What dead writers have begun, and what is too old for anybody to be still at it. */
  async function removeUploads(folder: string, all: readonly string[]) {
    for (const { name, instance: writer } of readSessionFolder(all).temporaries) {
      const path = `${folder}/${name}`;
      if (options.isDead(writer) || (await ageOf(path)) >= UNSENT_MS) {
        await volume.unlink(path).catch(unlessGone);
      }
    }
  }

  /** Tells whether a message names a file; null where that cannot be said now, and it may not go. */
  async function whatIsSent(key: string): Promise<(file: StoredAttachment) => boolean | null> {
    const unknown = () => null;
    try {
      const record = await options.sessions.header(key);
      if (!record) return () => false;
      // The revision that was damaged may have named more.
      if (record.recovered !== null) return unknown;
      const { isSealed, files } = record.header;
      // From one form of a name to the other leads only the key: what was stored before encryption was switched
      // on or off stays until its session goes.
      return (file) => (file.isSealed === isSealed ? files.has(file.id) : null);
    } catch (error) {
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return unknown;
      throw error;
    }
  }

  /** Zero for what is gone. */
  async function ageOf(path: string): Promise<number> {
    try {
      return now - (await volume.stats(path)).modifiedAt;
    } catch (error) {
      unlessGone(error);
      return 0;
    }
  }

  async function names(folder: string): Promise<string[]> {
    try {
      return (await listIfThere(volume, folder)) ?? [];
    } catch (error) {
      if (errorCode(error) === "ENOTDIR") return [];
      throw error;
    }
  }
}

/** Somebody has begun to store in it. */
function unlessInUse(error: unknown): void {
  if (errorCode(error) !== "ENOTEMPTY" && errorCode(error) !== "EEXIST") unlessGone(error);
}
