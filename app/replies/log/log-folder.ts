import { join } from "node:path";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import type { Layout } from "~/store/documents/layout";
import { isGone, unlessTaken } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

/**
 * The folder of one instance's reply log holds its segments and its inbox: notes of other nodes, empty files that each
 * say that the session of a reply has reached a revision. One listing shows both.
 */
export type LogFolder = {
  /** Numbers of the segments, in ascending order. */
  segments: number[];
  /** The highest revision that a note about a reply names, by the reply's id. */
  notes: ReadonlyMap<string, number>;
  /** The reply that each note is about, by the note's file name. */
  noteFiles: ReadonlyMap<string, string>;
};

const SEGMENT_NAME = /^([1-9]\d{0,8})\.ndjson$/;
const NOTE_NAME = /^([A-Za-z0-9_-]+)\.([1-9]\d{0,9})\.note$/;

export const segmentFileName = (segment: number): string => `${segment}.ndjson`;

export const noteName = (replyId: string, rev: number): string => `${replyId}.${rev}.note`;

export function readLogFolder(fileNames: readonly string[]): LogFolder {
  const segments: number[] = [];
  const notes = new Map<string, number>();
  const noteFiles = new Map<string, string>();
  for (const fileName of fileNames) {
    const segment = SEGMENT_NAME.exec(fileName);
    if (segment) segments.push(Number(segment[1]));
    const [, replyId = "", rev] = NOTE_NAME.exec(fileName) ?? [];
    if (!ITEM_ID_PATTERN.test(replyId)) continue;
    notes.set(replyId, Math.max(Number(rev), notes.get(replyId) ?? 0));
    noteFiles.set(fileName, replyId);
  }
  segments.sort((a, b) => a - b);
  return { segments, notes, noteFiles };
}

export type NoteDependencies = { volume: Pick<Volume, "writeNew" | "syncFolder">; layout: Layout };

/**
 * Leaves a note in the inbox of the instance that runs a reply, after its session was changed. Once this resolves, every
 * later listing of that folder shows it, also after a power cut. Without effect where the instance has no folder: a
 * note must never make one, because a runner learns by the missing folder that its log was removed.
 * @param rev the revision of the session with the change
 * @throws the volume's errors
 */
export async function leaveNote(
  { volume, layout }: NoteDependencies,
  instance: string,
  replyId: string,
  rev: number,
): Promise<void> {
  const folder = layout.replyLog(instance);
  try {
    // The commit that it is about may have been made from the reserve, and without the note has no effect.
    await volume.writeNew(join(folder, noteName(replyId, rev)), "", { fromReserve: true });
    await volume.syncFolder(folder);
  } catch (error) {
    if (isGone(error)) return;
    unlessTaken(error);
    // An earlier request has left it, perhaps a moment before it died.
    await volume.syncFolder(folder);
  }
}
