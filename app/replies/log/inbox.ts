import { join } from "node:path";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import { readLogFolder, type LogFolder } from "./log-folder";

/** The notes that other nodes have left for this instance, as listings of its folder show them. */
export type Inbox = {
  /**
   * Lists the folder.
   * @param hasReplies whether replies are in the log, so that there must be a folder
   * @returns "lost" where there is none, or the listing lacks the open segment: the folder was removed, and perhaps made anew
   * @throws the volume's errors
   */
  list(openSegment: number | null, hasReplies: boolean): Promise<LogFolder | "lost">;
  /**
   * Removes the notes about replies that are not in the log and whose words are in no segment that is left. Until then a
   * follower that still reads those words needs the note, to learn that another node has the reply.
   */
  removeOld(): Promise<void>;
  /** Whether the last listing has shown neither a segment nor a note. */
  isEmpty(): boolean;
};

/** Notes that are removed at once: the words of all replies wait meanwhile, and a node may find hundreds. */
const MAX_REMOVALS = 50;

/** @param isRunning whether a reply is in the log: each new segment repeats its words */
export function createInbox(
  volume: Pick<Volume, "list" | "unlink">,
  folder: string,
  isRunning: (replyId: string) => boolean,
): Inbox {
  type Note = { replyId: string; newest: number };
  /** The newest segment that may have words of the reply that a note is about, by the note's file name. */
  let seen = new Map<string, Note>();
  let segments: readonly number[] = [];

  return {
    async list(openSegment, hasReplies) {
      const names = await listIfThere(volume, folder);
      const listed = readLogFolder(names ?? []);
      segments = listed.segments;
      const newest = segments.at(-1) ?? 0;
      const notes = [...listed.noteFiles].map(([fileName, replyId]): [string, Note] => {
        const known = isRunning(replyId) ? undefined : seen.get(fileName);
        return [fileName, known ?? { replyId, newest }];
      });
      seen = new Map(notes);
      const isLost = openSegment === null ? hasReplies && names === null : !segments.includes(openSegment);
      return isLost ? "lost" : listed;
    },
    async removeOld() {
      const old = [...seen].filter(
        ([, { replyId, newest }]) => !isRunning(replyId) && !segments.some((segment) => segment <= newest),
      );
      const removals = old.slice(0, MAX_REMOVALS).map(([name]) => volume.unlink(join(folder, name)));
      await Promise.allSettled(removals);
    },
    isEmpty: () => segments.length === 0 && seen.size === 0,
  };
}
