import { errorCode, isGone } from "~/store/volume/errno";
import { newerFormat } from "~/store/newer-format";
import type { ReadSession } from "./stored-session";
import type { Volume } from "~/store/volume/volume";

export type Revision<D> =
  /** `version`: of its file, see `FileContent`. */
  | { kind: "whole"; document: D; version: string }
  | { kind: "damaged"; reason: string }
  /** The listing that named it is out of date. */
  | { kind: "gone" };

/**
 * Reads one revision by its path. Whatever is not a whole document of ours has a reason, for the operator's log;
 * it never quotes what people wrote.
 * @throws ExpectedError `session_newer_format`, and what the volume throws when it is the volume that fails
 */
export async function readRevision<D>(
  volume: Volume,
  path: string,
  parse: (bytes: Buffer) => ReadSession<D>,
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
    return whyUnreadable(volume, path, error);
  }
  // Not damage: a node of a newer version wrote it, and will read it. It stays where it is.
  throw newerFormat("This conversation", reason);
}

const NO_FILE_OF_OURS: Readonly<Record<string, string>> = {
  ENOTREG: "it is not a regular file",
  ENXIO: "it is not a regular file",
  ELOOP: "it is a symbolic link",
  EFBIG: "it is too large",
};

async function whyUnreadable(volume: Volume, path: string, error: unknown): Promise<Revision<never>> {
  const code = errorCode(error) ?? "";
  if (isGone(error)) return { kind: "gone" };
  const reason = NO_FILE_OF_OURS[code];
  if (reason !== undefined) return { kind: "damaged", reason };
  if (code !== "EACCES" && code !== "EPERM") throw error;
  // Somebody else's file; or ours, and it is the volume that denies us everything, for now.
  try {
    const { uid } = await volume.stats(path);
    if (await isForeign(volume, path, uid)) return { kind: "damaged", reason: `it belongs to user ${uid}` };
  } catch (later) {
    if (isGone(later)) return { kind: "gone" };
  }
  throw error;
}

/**
 * Whether a file was made by somebody who has no business here. On a volume that maps users, or was restored by
 * the administrator, our own files belong to another number too, but then the folder around them does as well.
 */
async function isForeign(volume: Volume, path: string, uid: number): Promise<boolean> {
  const own = process.geteuid?.() ?? 0;
  if (own === 0 || uid === own) return false;
  return uid !== (await volume.stats(path.slice(0, path.lastIndexOf("/")))).uid;
}
