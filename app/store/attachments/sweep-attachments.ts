import { ExpectedError } from "~/conversation/expected-error";
import { HASH_PATTERN } from "~/conversation/session/session-id";
import { readSessionFolder, type Layout } from "~/store/documents/layout";
import { DAY_MS } from "~/store/documents/retention";
import type { SessionStore } from "~/store/sessions/session-store";
import { namesIn, namesInShards } from "~/store/volume/list-folder";
import { sweepEach } from "~/store/volume/sweep-each";
import { isOccupied, unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { attachmentName, parseAttachmentName, type StoredAttachment } from "./attachment-names";

/** `seen`: sessions with attachments. `setAside`, `removed`: files, and left folders of deleted sessions. */
export type AttachmentSweepTally = { seen: number; setAside: number; removed: number };

export type AttachmentSweepOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  sessions: Pick<SessionStore, "header">;
  isDead: (instance: string) => boolean;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
};

/** One sweep under way. `now` is the time by the volume's clock, in milliseconds. */
type Sweep = Pick<AttachmentSweepOptions, "volume" | "layout" | "sessions" | "isDead"> & {
  now: number;
  tally: AttachmentSweepTally;
};

/** Age from which a file that no message names is set aside, and a temporary file removed. */
const UNSENT_MS = DAY_MS;
/** Time from setting a file aside to removing it: longer than any request takes to send a file that it has found. */
const GRACE_MS = 3_600_000;
/** Bounded, so that a sweep leaves the volume to requests. */
const SESSIONS_PER_SECOND = 20;

/** Left by a node that died while it removed the files of a session. */
const DELETED_NAME = /^[0-9a-f]{64}\.[A-Za-z0-9_-]+\.deleted$/;

/**
 * Removes files that were uploaded and never sent, and leftovers of removals and of dead uploads. Goes through all
 * sessions with attachments once, at `SESSIONS_PER_SECOND`; ends early when aborted. Any number of nodes may sweep at
 * once.
 *
 * A file that no message names is first renamed, and removed by a sweep at least an hour later if still no message
 * names it. A sender gives it its name back before the message is committed (AttachmentStore.hold), and a removal
 * under the other name then finds nothing. So no message loses its file, whether sweep or sender comes first.
 * @throws what the volume throws
 */
export async function sweepAttachments(
  options: AttachmentSweepOptions,
  signal: AbortSignal,
): Promise<AttachmentSweepTally> {
  const { volume, layout, instance } = options;
  const tally = { seen: 0, setAside: 0, removed: 0 };
  const shards = await namesIn(volume, layout.attachments);
  if (shards.length === 0) return tally;
  const now = await readVolumeClock(volume, layout, instance, "attachments");
  const sweep: Sweep = { ...options, now, tally };
  await sweepEach(namesInShards(volume, layout.attachments, shards), signal, async ([shard, name]) => {
    await options.delay(1_000 / SESSIONS_PER_SECOND);
    if (DELETED_NAME.test(name)) {
      await volume.removeFolder(`${layout.attachments}/${shard}/${name}`);
      tally.removed += 1;
    } else if (HASH_PATTERN.test(name)) {
      tally.seen += 1;
      await sweepSession(sweep, name);
    }
  });
  return tally;
}

async function sweepSession(sweep: Sweep, sessionHash: string) {
  const { volume, layout, sessions } = sweep;
  const folder = layout.attachmentFolder(sessionHash);
  const names = await namesIn(volume, folder);
  const files = names.flatMap((name) => parseAttachmentName(name) ?? []);
  await removeUploads(sweep, folder, names);
  if (files.length === 0) {
    await volume.removeEmptyFolder(folder).catch(unlessInUse);
    return;
  }
  const isSent = await sentFilesOf(sessions, sessionHash);
  for (const file of files) {
    const known = isSent(file);
    if (known !== null) await sweepFile(sweep, folder, file, known);
  }
}

async function sweepFile(sweep: Sweep, folder: string, file: StoredAttachment, isSent: boolean) {
  const { volume, now, tally } = sweep;
  const path = `${folder}/${attachmentName(file)}`;
  const rename = (unsentAt: number | null) =>
    volume.rename(path, `${folder}/${attachmentName({ ...file, unsentAt })}`).catch(unlessGone);
  if (isSent) {
    if (file.unsentAt !== null) await rename(null);
  } else if (file.unsentAt !== null) {
    if (now - file.unsentAt < GRACE_MS) return;
    await volume.unlink(path).catch(unlessGone);
    tally.removed += 1;
  } else if ((await ageOf(sweep, path)) >= UNSENT_MS) {
    await rename(now);
    tally.setAside += 1;
  }
}

/** Removes temporary files of dead writers, and those that are too old to be of an upload under way. */
async function removeUploads(sweep: Sweep, folder: string, names: readonly string[]) {
  for (const { name, instance } of readSessionFolder(names).temporaries) {
    const path = `${folder}/${name}`;
    if (sweep.isDead(instance) || (await ageOf(sweep, path)) >= UNSENT_MS) {
      await sweep.volume.unlink(path).catch(unlessGone);
    }
  }
}

/** Whether a message names a file; null where that is not known now, and the file must stay. */
type IsSent = (file: StoredAttachment) => boolean | null;

async function sentFilesOf(sessions: Pick<SessionStore, "header">, sessionHash: string): Promise<IsSent> {
  const unknown = () => null;
  try {
    const record = await sessions.header(sessionHash);
    if (!record) return () => false;
    // The damaged revision may have named more files.
    if (record.recovered !== null) return unknown;
    const { isEncrypted, files } = record.header;
    // Plain and encrypted names cannot be compared without the key: a file that was stored before encryption was
    // switched on or off stays until its session is deleted.
    return (file) => (file.isEncrypted === isEncrypted ? files.has(file.id) : null);
  } catch (error) {
    if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return unknown;
    throw error;
  }
}

/** In milliseconds by the volume's clock; 0 where the file is gone. */
async function ageOf({ volume, now }: Sweep, path: string): Promise<number> {
  try {
    return now - (await volume.stats(path)).modifiedAt;
  } catch (error) {
    unlessGone(error);
    return 0;
  }
}

/** @throws the error, unless it says that a file was stored in the folder meanwhile, or that the folder is gone */
function unlessInUse(error: unknown): void {
  if (!isOccupied(error)) unlessGone(error);
}
