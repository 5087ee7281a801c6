import { hasCode, isGone, whyNoFile } from "~/store/volume/errno";
import { newerFormat } from "~/store/newer-format";
import type { Decoded } from "./revision-codec";
import type { Volume } from "~/store/volume/volume";

export type Revision<D> =
  /** `version`: `FileContent.version` of its file. */
  | { kind: "whole"; document: D; version: string }
  | { kind: "damaged"; reason: string }
  /** The revision was removed since it was listed. */
  | { kind: "gone" };

/**
 * Reads one revision by its path. Damage comes with a reason for the operator's log, which never quotes content.
 * @param subject of the sentence for people: "This conversation"
 * @throws ExpectedError `session_newer_format`, and what the volume throws for failures of the volume itself
 */
export async function readRevision<D>(
  volume: Volume,
  path: string,
  parse: (bytes: Buffer) => Decoded<D>,
  subject: string,
): Promise<Revision<D>> {
  let reason: string;
  try {
    const { bytes, uid, version } = await volume.read(path);
    if (await isForeign(volume, path, uid)) return { kind: "damaged", reason: `it belongs to user ${uid}` };
    const parsed = parse(bytes);
    if (parsed.kind === "whole") return { ...parsed, version };
    if (parsed.kind !== "newer") return parsed;
    reason = parsed.reason;
  } catch (error) {
    return explainReadError(volume, path, error);
  }
  // Not damage: a node of a newer version has written it and can read it. The file stays in its place.
  throw newerFormat(subject, reason);
}

async function explainReadError(volume: Volume, path: string, error: unknown): Promise<Revision<never>> {
  if (isGone(error)) return { kind: "gone" };
  const reason = whyNoFile(error);
  if (reason !== null) return { kind: "damaged", reason };
  if (!hasCode(error, "EACCES", "EPERM")) throw error;
  // Either the file belongs to another user, which is damage, or the volume denies all access, which is a failure.
  try {
    const { uid } = await volume.stats(path);
    if (await isForeign(volume, path, uid)) return { kind: "damaged", reason: `it belongs to user ${uid}` };
  } catch (later) {
    if (isGone(later)) return { kind: "gone" };
  }
  throw error;
}

/**
 * Whether a file belongs to another user than this process and its own folder. On a volume that maps user ids, or was
 * restored by an administrator, files of this application have another owner too, but then their folder has the same.
 */
async function isForeign(volume: Volume, path: string, uid: number): Promise<boolean> {
  const own = process.geteuid?.() ?? 0;
  if (own === 0 || uid === own) return false;
  return uid !== (await volume.stats(path.slice(0, path.lastIndexOf("/")))).uid;
}
