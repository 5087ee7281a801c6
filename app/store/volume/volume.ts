import * as nodeFs from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { createAppendLog, LOG_FLAGS, type AppendLog } from "./append-log";
import { monotonicNow } from "~/clocks";
import { isFull, unlessMissing } from "./errno";
import { createFairSemaphore, NODE, type FairnessKey } from "./fair-semaphore";
import { fileStats, openFile, readFileFrom, readWholeFile, spaceOf, writeNewFile } from "./file-operations";
import { makeFolders, retryAfterRefresh, syncFolder } from "./folder-operations";
import {
  createOperationRunner,
  unavailable,
  type Operation,
  type OperationRunnerOptions,
} from "./volume-operations";

export { errorCode } from "./errno";

/** The file system calls of the store, injected so that tests can fail, delay or count each of them. */
export type FileSystem = Pick<
  typeof nodeFs,
  "open" | "readdir" | "link" | "rename" | "unlink" | "mkdir" | "rm" | "rmdir" | "lstat" | "statfs"
>;

/**
 * The operations of the app on the shared directory. Each waits for one of a few slots, so that a volume that hangs
 * cannot hold all of libuv's threads, and rejects at a deadline where the volume gives no answer.
 * Errors of the file system are passed on as they are (ENOENT, EEXIST, …); a missed deadline, a full queue and a
 * volume that the guard refuses are ExpectedError `volume_unavailable`.
 */
export type Volume = {
  /** Names in a folder. On NFS only this shows new names: opendir revalidates, stat does not (app/store/NFS.md). */
  list(folder: string): Promise<string[]>;
  /**
   * Names in a folder, in the fewest round trips: null where there seems to be no such folder. Another client may have made
   * it up to a minute ago, and the volume may be away. The guard is asked meanwhile: `confirmedSince`, for operations that
   * follow at once, is the time before that.
   */
  peek(folder: string): Promise<{ names: string[] | null; confirmedSince: number }>;
  /** A whole regular file. @throws ELOOP for a symbolic link, ENOTREG for anything else that is no regular file */
  read(path: string): Promise<FileContent>;
  /**
   * The bytes of a file from `offset` on, at most `limit` of them; empty at the end. Opens the file anew each time,
   * because NFS shows growth only then.
   */
  readFrom(path: string, offset: number, limit?: number): Promise<Buffer>;
  /**
   * A new file with its bytes on stable storage. EEXIST where the name is taken. With `removeIfLate`, a file that
   * the volume makes after its caller has given up is removed again.
   */
  writeNew(
    path: string,
    bytes: string | Uint8Array,
    options?: { removeIfLate?: boolean } & ReserveUse & Confirmed,
  ): Promise<void>;
  /** A file that one writer appends to. EEXIST where the name is taken. */
  createLog(path: string): Promise<AppendLog>;
  /** A file that is written piece by piece. EEXIST where the name is taken. Its bytes are stable once it is closed. */
  createFile(path: string): Promise<NewFile>;
  link(existing: string, name: string, options?: ReserveUse): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes a folder and its parents, durably. */
  makeFolder(folder: string): Promise<void>;
  /** Makes a folder and its parents. @returns the folders that hold a new name, to be synced by the caller */
  makeFolderUnsynced(folder: string, options?: Confirmed): Promise<string[]>;
  removeFolder(folder: string): Promise<void>;
  /** Removes an empty folder in one step. ENOTEMPTY where it is not empty. */
  removeEmptyFolder(folder: string): Promise<void>;
  /** Attributes of a name, by lstat. Up to a minute old on NFS, so they do not show whether a name is new. */
  stats(path: string): Promise<FileStats>;
  space(folder: string): Promise<VolumeSpace>;
  /** Puts the names in a folder on stable storage. */
  syncFolder(folder: string): Promise<void>;
};

/** `version` differs for another file, and for the same file with other bytes. */
export type FileContent = { bytes: Buffer<ArrayBuffer>; uid: number; version: string };

/** `modifiedAt` is in milliseconds by the clock of the volume, which is one for all nodes. */
export type FileStats = {
  isFolder: boolean;
  mode: number;
  uid: number;
  size: number;
  modifiedAt: number;
  version: string;
};

/**
 * `fromReserve`: the operation frees room, or ends something that takes room. On a full volume the reserve is released
 * piece by piece until there is room for it.
 */
export type ReserveUse = { fromReserve?: boolean };

/** `confirmedSince`, from `peek`, saves a new confirmation for an operation that makes a name (`OperationOptions`). */
export type Confirmed = { confirmedSince?: number | undefined };

/** Checks that DATA_DIR is still the volume that this process began with. */
export type VolumeGuard = {
  /** DATA_DIR. It and the folders directly in it are made only after a confirmation. */
  root: string;
  /** Whether there was a confirmation ever. */
  isKnown(): boolean;
  /**
   * @param maxAgeMs how old an earlier confirmation may be, in milliseconds
   * @throws ExpectedError `volume_unavailable` where DATA_DIR is another volume, or no volume
   */
  confirm(maxAgeMs: number): Promise<void>;
  /**
   * A new confirmation, after a name was not found: whether only that name is missing.
   * @throws ExpectedError `volume_unavailable`
   */
  confirmAfterMiss(): Promise<void>;
};

/** Room that is kept for operations that must work on a full volume. */
export type VolumeReserve = {
  /** Releases one piece. @returns false where none is left */
  release(): Promise<boolean>;
};

/** `type` is the magic number of the file system; `freeFiles` is null where it keeps no such count. */
export type VolumeSpace = { type: number; freeBytes: number; freeFiles: number | null };

export type NewFile = {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts all bytes that were written on stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

export type VolumeOptions = {
  fs?: FileSystem;
  /** A monotonic clock in milliseconds. */
  now?: () => number;
  /**
   * `maxInFlight` is the number of operations of one kind under way at once, `reserved` how many of the other kind
   * may be under way beside them. Their sum must stay below UV_THREADPOOL_SIZE, which other work of Node shares.
   */
  maxInFlight?: number;
  reserved?: number;
  /** Callers that may wait for a slot before some are refused at once. */
  maxWaiting?: number;
  /** Fairness key of the current caller. Waiters are served by start-time fair queueing over keys (fair-semaphore.ts). */
  fairnessKey?: () => FairnessKey;
  burstBytes?: number;
  /** Resolves when the caller of an interactive operation may go on: callers of other keys may come first. */
  resume?: () => Promise<void>;
  /**
   * Longest silence of the volume, in milliseconds: towards one operation that has a slot, or towards all of them
   * while others wait for a slot. Time in the queue of a volume that answers does not count.
   */
  deadlineMs?: number;
  /** Longest wait for a slot on a volume that answers, in milliseconds. */
  maxQueueMs?: number;
  /** Without a guard, any directory is accepted as DATA_DIR, and made where it is missing. */
  guard?: VolumeGuard;
  reserve?: VolumeReserve;
  /** Called after each operation with the time that its caller waited, in ms, and its error or null. */
  onAnswer?: (ms: number, error: unknown) => void;
};

export function createVolume(options: VolumeOptions = {}): Volume {
  return createVolumes(options).volume;
}

/**
 * Three views of one directory that share its slots. `volume` is for interactive work. `steady` is for background work
 * that must go on under any load, such as reply logs. `own` is steady work of the node itself, served before all other
 * steady work: heartbeats and usage. Without them other nodes would take this node for dead, and its quotas would
 * refuse all requests.
 */
export function createVolumes(options: VolumeOptions = {}): Record<"volume" | "steady" | "own", Volume> {
  const { maxInFlight = 8, reserved = 4, maxWaiting = 2_000, burstBytes } = options;
  const semaphore = createFairSemaphore({
    count: maxInFlight,
    reserved,
    maxWaiting,
    burstBytes,
    onOverflow: () => unavailable("Too many operations wait for the volume."),
  });
  const shared = { semaphore, answers: 0, closing: new Map<string, Promise<void>>() };
  return {
    volume: createVolumeFor({ ...options, kind: "interactive", shared }),
    // First come, first served: replies of one address compete as equals, because the address may be an office's.
    steady: createVolumeFor({ ...options, kind: "steady", shared, fairnessKey: () => "" }),
    own: createVolumeFor({ ...options, kind: "steady", shared, fairnessKey: () => NODE }),
  };
}

function createVolumeFor(options: VolumeOptions & OperationRunnerOptions): Volume {
  const { fs = nodeFs, guard, reserve, shared, now = monotonicNow } = options;
  const run = createOperationRunner(options);
  const read = <T>(operation: Operation<T>) => run(operation, { isReading: true });

  /** Runs an operation that makes or replaces a name: only with a new confirmation of the guard. */
  const make = <T>(operation: Operation<T>, how: { bytes?: number } & Confirmed = {}) =>
    run(operation, { ...how, maxConfirmationAgeMs: 0 });

  /** Opens a new file that stays open. Where its caller has given up meanwhile, it is closed at once. */
  function openNew(path: string, flags: number | "wx"): Promise<FileHandle> {
    return make(async ({ abandoned }) => {
      const opened = await openFile(fs, path, flags);
      if (abandoned.aborted) await opened.close();
      return opened;
    });
  }

  /** Closes a file. Where no slot becomes free in time, it is closed without one, to free its descriptor. */
  async function close(file: FileHandle): Promise<void> {
    try {
      await run(() => file.close());
    } catch (error) {
      file.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    list: (folder) => read(() => retryAfterRefresh(fs, folder, () => fs.readdir(folder))),
    async peek(folder) {
      const confirmedSince = now();
      const operation = () => fs.readdir(folder).catch(nullIfMissing);
      const names = await run(operation, { isReading: true, maxConfirmationAgeMs: 0 });
      return { names, confirmedSince };
    },
    read: (path) => read((context) => readWholeFile(fs, path, context)),
    readFrom: (path, offset, limit = Infinity) =>
      read((context) => retryAfterRefresh(fs, path, () => readFileFrom(fs, path, offset, limit, context))),
    writeNew: (path, bytes, { removeIfLate = false, confirmedSince, ...use } = {}) =>
      make(
        (context) => withReserve(reserve, use, () => writeNewFile(fs, path, bytes, removeIfLate, context)),
        { bytes: Buffer.byteLength(bytes), confirmedSince },
      ),
    createLog: async (path) => {
      const file = await openNew(path, LOG_FLAGS);
      return createAppendLog(file, { run, close: () => close(file) });
    },
    createFile: async (path) => {
      const file = await openNew(path, "wx");
      return {
        write: (bytes) => run(() => file.writeFile(bytes), { bytes: bytes.byteLength }),
        sync: () => run(() => file.sync()),
        close: () => close(file),
      };
    },
    // Needs no new confirmation: `existing` was made a moment ago, with one.
    link: (existing, name, use = {}) => run(() => withReserve(reserve, use, () => fs.link(existing, name))),
    rename: (from, to) => make(() => fs.rename(from, to)),
    unlink: (path) =>
      run(async () => {
        await shared.closing.get(path);
        await fs.unlink(path);
      }),
    removeFolder: (folder) => make(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 })),
    removeEmptyFolder: (folder) => run(() => fs.rmdir(folder)),
    stats: (path) => read(() => fileStats(fs, path)),
    space: (folder) => read(() => spaceOf(fs, folder)),
    syncFolder: (folder) => run(() => syncFolder(fs, folder)),
    makeFolder: (folder) =>
      make(async () => {
        for (const holder of await makeFolders(fs, guard, folder)) await syncFolder(fs, holder);
      }),
    makeFolderUnsynced: (folder, confirmed) => make(() => makeFolders(fs, guard, folder), confirmed),
  };
}

function nullIfMissing(error: unknown): null {
  unlessMissing(error);
  return null;
}

/** Repeats an attempt on a full volume for as long as the reserve has a piece to release for it. */
async function withReserve<T>(
  reserve: VolumeReserve | undefined,
  { fromReserve = false }: ReserveUse,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!fromReserve || !isFull(error) || !(await reserve?.release())) throw error;
    }
  }
}
