import { join } from "node:path";
import type { AppendLog } from "./append-log";
import { hasCode, unlessMissing } from "./errno";
import type { Volume } from "./volume";

/**
 * An append-only log in numbered files, the segments, with one writer. A segment is never written again once the next
 * one exists: nothing may follow a line that a failed append has torn, and a reader that sees the next segment can
 * finish the one before. Calls must not overlap.
 */
export type SegmentedLog = {
  /** Number of the open segment, which is the newest; null while none is open. */
  openSegment(): number | null;
  /** Length of the open segment, in characters; 0 while none is open. */
  length(): number;
  /**
   * Opens the next segment. The one before must be closed.
   * @returns its number
   * @throws the volume's errors; what `onCreated` throws, after the new file was removed again
   */
  open(): Promise<number>;
  /**
   * Appends to the open segment. When it resolves, the text is on stable storage. A failed append closes the segment:
   * the file may end with half a line.
   * @throws the volume's errors
   */
  append(text: string): Promise<void>;
  /** Closes the open segment, if there is one. */
  close(): void;
  /**
   * Removes segments that were closed more than `keepMs` ago; without `now`, none. A failed removal is tried again by the
   * next call.
   */
  removeOld(keepMs: number): Promise<void>;
};

export type SegmentedLogOptions = {
  volume: Pick<Volume, "createLog" | "makeFolder" | "unlink">;
  /** Where the next segment is made. A missing folder is made, too. */
  folder: () => string;
  fileName: (segment: number) => string;
  /** A monotonic clock in milliseconds. Without it, closed segments are not noted: others remove them. */
  now?: () => number;
  /** Called after each segment was made, before its first line. Its error removes the segment. */
  onCreated?: () => Promise<void>;
  /** Called after the folder was missing and was made. */
  onFolderMade?: () => void;
};

export function createSegmentedLog(options: SegmentedLogOptions): SegmentedLog {
  const { volume, now, onCreated } = options;
  let newest = 0;
  let current: { path: string; log: AppendLog; length: number } | null = null;
  /** Paths of the segments to be removed, with the time of their end. */
  const old = new Map<string, number>();

  function note(path: string) {
    if (now) old.set(path, now());
  }

  async function create(path: string, folder: string): Promise<AppendLog> {
    const log = await volume.createLog(path).catch(async (error: unknown) => {
      unlessMissing(error);
      await volume.makeFolder(folder);
      options.onFolderMade?.();
      return volume.createLog(path);
    });
    try {
      await onCreated?.();
      return log;
    } catch (error) {
      await log.close().catch(() => undefined);
      await volume.unlink(path).catch(() => undefined);
      throw error;
    }
  }

  function close() {
    if (!current) return;
    note(current.path);
    // Not awaited, and its outcome does not matter: each append was synced, or has failed already.
    void current.log.close().catch(() => undefined);
    current = null;
  }

  return {
    openSegment: () => (current ? newest : null),
    length: () => current?.length ?? 0,
    async open() {
      const folder = options.folder();
      const path = join(folder, options.fileName(++newest));
      // Noted before it exists: an attempt without an answer may have made it all the same.
      note(path);
      const log = await create(path, folder);
      old.delete(path);
      current = { path, log, length: 0 };
      return newest;
    },
    async append(text) {
      try {
        await current!.log.append(text);
        current!.length += text.length;
      } catch (error) {
        close();
        throw error;
      }
    },
    close,
    async removeOld(keepMs) {
      for (const [path, endedAt] of old) {
        if (now!() - endedAt < keepMs) continue;
        try {
          await volume.unlink(path);
        } catch (error) {
          if (!hasCode(error, "ENOENT")) return;
        }
        old.delete(path);
      }
    },
  };
}
