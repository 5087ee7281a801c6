import { join } from "node:path";
import type { Layout } from "~/store/documents/layout";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import { createSegmentTail, type SegmentTail } from "~/store/volume/segment-tail";
import type { Volume } from "~/store/volume/volume";
import { createLogContent, type LoggedWords } from "./log-content";
import { readLogFolder, segmentFileName, type LogFolder } from "./log-folder";
import { MAX_LINE_BYTES, type LoggedReply } from "./log-lines";

/** Called with the failure of a read, or without one. */
export type RefreshListener = (failure?: unknown) => void;

/** Reads the log of another instance, once for all followers and takeovers on this node. */
export type LogReader = {
  /**
   * Reads everything that was on stable storage when it was called, then lists the folder once more. Concurrent calls
   * share reads.
   * @throws the volume's errors
   */
  refresh(): Promise<void>;
  /**
   * Called after each read and the listing that follows it. What `find` returns then was read before the listing: the
   * runner was still in charge of replies without a note (app/store/PROTOCOL.md, invariant 6). After a read that failed it
   * is called with the error.
   * @returns a function that ends the calls
   */
  onRefresh(listener: RefreshListener): () => void;
  find(reply: LoggedReply): LoggedWords | null;
  running(): LoggedReply[];
  /** The highest revision that a note about the reply names; 0 without one. */
  notedRev(replyId: string): number;
};

export type LogReaderOptions = {
  volume: Pick<Volume, "list" | "readFrom">;
  layout: Layout;
  /** The instance whose log is read. */
  instance: string;
  /** Called once for each segment that cannot be read, or has lines that mean nothing. */
  onDamage: (event: { fileName: string; reason: string }) => void;
};

const NO_FOLDER: LogFolder = { segments: [], notes: new Map(), noteFiles: new Map() };

/** Null where there is no such folder. */
async function listLogFolder(volume: Pick<Volume, "list">, folder: string): Promise<LogFolder | null> {
  const fileNames = await listIfThere(volume, folder);
  return fileNames && readLogFolder(fileNames);
}

export function createLogReader(options: LogReaderOptions): LogReader {
  const { volume, layout, instance } = options;
  const folder = layout.replyLog(instance);
  const listeners = new Set<RefreshListener>();
  let content = createLogContent();
  let tail: SegmentTail | null = null;
  let listed: LogFolder | null = null;

  function openTail(first: number): SegmentTail {
    return createSegmentTail({
      volume,
      path: (segment) => join(folder, segmentFileName(segment)),
      first,
      maxLineBytes: MAX_LINE_BYTES,
      onLine: (text, segment) => content.takeLine(text, segment),
      onDamage: (segment, reason) =>
        options.onDamage({ fileName: `${instance}/${segmentFileName(segment)}`, reason }),
      // Another kind of name, such as a folder, has no words and is passed over. A file that may not be read has some.
      isNeeded: (code) => code === "EACCES" || code === "EPERM",
    });
  }

  /**
   * Reads the listed segments from where the last read has ended. Each one begins with all that is still needed.
   * @returns the error of a segment that is gone: its successor must be in the next listing
   */
  async function read(segments: readonly number[]): Promise<unknown> {
    const newest = segments.at(-1) ?? 0;
    // All replies have ended, though the line that says so may never have been written; or the folder was made again.
    if (tail && tail.segment() > newest) [tail, content] = [null, createLogContent()];
    if (newest === 0) return null;
    tail ??= openTail(segments[0]!);
    try {
      await tail.read(segments);
      return null;
    } catch (error) {
      unlessGone(error);
      return error;
    }
  }

  /** Reads and lists, until a listing shows no segment that is not read. */
  async function pass() {
    listed ??= await listLogFolder(volume, folder);
    let hasRetried = false;
    for (;;) {
      const { segments } = listed ?? NO_FOLDER;
      const gone = await read(segments);
      const newest = segments.at(-1);
      listed = await listLogFolder(volume, folder);
      if (listed?.segments.at(-1) !== newest) continue;
      if (gone === null || listed === null) break;
      // It is listed again, so it was not removed: an NFS client may have cached the handle of an earlier file. The listing
      // has refreshed that, so one more read is tried.
      if (hasRetried) throw gone as Error;
      hasRetried = true;
    }
  }

  async function passOn() {
    try {
      await pass();
    } catch (error) {
      for (const listener of [...listeners]) listener(error);
      throw error;
    }
    for (const listener of [...listeners]) listener();
  }

  return {
    refresh: createLatestFlight(passOn),
    onRefresh(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    find: (reply) => content.find(reply),
    running: () => content.running(),
    notedRev: (replyId) => listed?.notes.get(replyId) ?? 0,
  };
}

/** Work that is under way may have passed the place that a caller asks about: one more run, for all callers, follows it. */
function createLatestFlight(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  return function run(): Promise<void> {
    if (!running) {
      running = work().finally(() => (running = null));
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return run();
      });
    return next;
  };
}
