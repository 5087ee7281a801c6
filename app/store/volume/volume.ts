import * as nodeFs from "node:fs/promises";
import { constants, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { ExpectedError } from "~/conversation/expected-error";
import { createAppendLog, LOG_FLAGS, type AppendLog } from "./append-log";
import { errorCode, isFull, mayMeanAway } from "./errno";
import { createPatience } from "./patience";
import { createFairSemaphore, NODE, type GiveBack, type WorkKind, type FairnessKey } from "./fair-semaphore";

export { errorCode } from "./errno";

/** The file system calls that the store makes, so that a test can fail, delay or count each of them. */
export type FileSystem = Pick<
  typeof nodeFs,
  "open" | "readdir" | "link" | "rename" | "unlink" | "mkdir" | "rm" | "rmdir" | "lstat" | "statfs"
>;

/**
 * The shared directory, as far as the app touches it. Every operation waits for one of a few slots, so that a
 * volume that hangs cannot hold all of libuv's threads, and no caller waits for a silent volume beyond the deadline.
 * Errors of the file system come as they are (ENOENT, EEXIST, …), those of waiting as `volume_unavailable`.
 */
export type Volume = {
  /** Names in a folder. On NFS this is what makes names fresh: opendir revalidates, stat does not. */
  list(folder: string): Promise<string[]>;
  /** The whole of a regular file; a symbolic link is refused with ELOOP, what is no file with ENOTREG. */
  read(path: string): Promise<FileContent>;
  /**
   * The bytes of a file from `offset` on, at most `limit` of them; empty at the end. Opened anew each time, for
   * NFS shows growth only so.
   */
  readFrom(path: string, offset: number, limit?: number): Promise<Buffer>;
  /**
   * A new file with its bytes on stable storage. EEXIST where the name is taken. With `removeIfLate`, a file that
   * the volume makes after its caller has given up is removed again.
   */
  writeNew(
    path: string,
    bytes: string | Uint8Array,
    options?: { removeIfLate?: boolean } & ReserveUse,
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
  /** The same, durable only when the folders that it names are synced: those that hold a new name. */
  makeFolderUnsynced(folder: string): Promise<string[]>;
  removeFolder(folder: string): Promise<void>;
  /** Removes a folder that has nothing in it, in one step. ENOTEMPTY where somebody was faster. */
  removeEmptyFolder(folder: string): Promise<void>;
  /** What is known of a name. On NFS up to a minute old: never a test of whether something is new. */
  stats(path: string): Promise<FileStats>;
  space(folder: string): Promise<VolumeSpace>;
  /** Puts the names in a folder on stable storage. */
  syncFolder(folder: string): Promise<void>;
};

/** `version` is another one for another file, and for the same file with other bytes. */
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
 * `fromReserve`: for what frees room, or ends something that takes room. On a full volume the reserve is given back,
 * piece by piece, until there is room for it.
 */
export type ReserveUse = { fromReserve?: boolean };

/** Tells whether DATA_DIR is still the volume that this process began with. */
export type VolumeGuard = {
  /** DATA_DIR. It and the folders directly in it are never made without the guard's word. */
  root: string;
  /**
   * @param maxAgeMs how old an earlier answer may be
   * @throws ExpectedError `volume_unavailable` where it is another one, or none
   */
  confirm(maxAgeMs: number): Promise<void>;
  /**
   * The same, by a new answer, after a name was not found: whether it is that name alone that is missing.
   * @throws ExpectedError `volume_unavailable`
   */
  confirmAfterMiss(): Promise<void>;
};

/** Room that is kept for what must work on a full volume. */
export type VolumeReserve = {
  /** Gives back one piece. @returns false where there is none left */
  release(): Promise<boolean>;
};

/** `type` is the magic number of the file system; `freeFiles` is null where it keeps no such count. */
export type VolumeSpace = { type: number; freeBytes: number; freeFiles: number | null };

export type NewFile = {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts all that was written on stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

export type VolumeOptions = {
  fs?: FileSystem;
  /**
   * Operations of one kind under way at once, and how many more of the other there may be beside them; keep the sum
   * below UV_THREADPOOL_SIZE, which other work of Node shares.
   */
  maxInFlight?: number;
  reserved?: number;
  /** Callers that may wait for a slot before some are refused at once. */
  maxWaiting?: number;
  /** For whom this code runs: those who wait take turns (volume-slots.ts). */
  fairnessKey?: () => FairnessKey;
  burstBytes?: number;
  /** Resolves when the caller of an operation that was asked for may go on: others may have their turn first. */
  resume?: () => Promise<void>;
  /**
   * How long the volume may be silent, in milliseconds: to an operation that it was asked for, or to all of them while
   * others wait for a slot. Waiting for a slot while the volume answers is no silence of the volume.
   */
  deadlineMs?: number;
  /** Longest that a caller waits for a slot on a volume that answers, in milliseconds. */
  maxQueueMs?: number;
  /** Without it, DATA_DIR is taken for what it was, and made where it is missing. */
  guard?: VolumeGuard;
  reserve?: VolumeReserve;
  /** Told how long each operation took for its caller, waiting included, in ms; and the error it ended with. */
  onAnswer?: (ms: number, error: unknown) => void;
};

/**
 * How old the guard's answer may be for an operation that makes no name, in milliseconds. In an empty slot it fails
 * anyhow, and is then confirmed; in one that another volume has taken, it may read what is there for so long.
 */
const CONFIRM_EVERY_MS = 1_000;

/** @param countRead is called with the number of bytes that were read, where that is not known before */
type Operation<T> = (abandoned: AbortSignal, countRead: (bytes: number) => void) => Promise<T>;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What V8 can hold as one string, about; a larger file is none of ours. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

export function createVolume(options: VolumeOptions = {}): Volume {
  return createVolumes(options).volume;
}

/**
 * One directory for two kinds of work, `PlaceKind`: `steady` is for what must go on however much is asked for. `own`
 * is of that kind, too, and never behind it: a node that cannot say that it lives, or learn what others have used,
 * is taken for dead, or lets nobody spend.
 */
export function createVolumes(options: VolumeOptions = {}): Record<"volume" | "steady" | "own", Volume> {
  const { maxInFlight = 8, reserved = 4, maxWaiting = 2_000, burstBytes } = options;
  const tooMany = () => unavailable("Too many operations wait for the volume.");
  const semaphore = createFairSemaphore({
    count: maxInFlight,
    reserved,
    maxWaiting,
    burstBytes,
    onOverflow: tooMany,
  });
  const shared = { semaphore, answers: 0 };
  return {
    volume: createVolumeFor("asked", shared, options),
    // First come, first served: an answer is its conversation's, not its address's, which may be an office's.
    steady: createVolumeFor("steady", shared, { ...options, fairnessKey: () => "" }),
    own: createVolumeFor("steady", shared, { ...options, fairnessKey: () => NODE }),
  };
}

function createVolumeFor(
  kind: WorkKind,
  shared: { semaphore: ReturnType<typeof createFairSemaphore>; answers: number },
  {
    fs = nodeFs,
    deadlineMs = 10_000,
    maxQueueMs = 60_000,
    onAnswer = () => {},
    fairnessKey: whose = () => "",
    resume = async () => {},
    guard,
    reserve,
  }: VolumeOptions,
): Volume {
  const { semaphore } = shared;

  /** A signal that is aborted with `volume_unavailable` once the volume has made no `progress` for so long. */
  function silence(ms: number, reason: string, progress?: () => number) {
    const controller = new AbortController();
    const onEnd = () => controller.abort(unavailable(reason));
    return {
      signal: controller.signal,
      cancel: createPatience({ ms, onEnd, ...(progress && { progress }) }),
    };
  }

  /** @throws ExpectedError `volume_unavailable` where the volume answers none of the operations before this one */
  async function waitForPlace(bytes: number): Promise<GiveBack> {
    const hung = silence(deadlineMs, noAnswer(deadlineMs), () => shared.answers);
    const slow = silence(maxQueueMs, "The volume answers too slowly.");
    try {
      return await semaphore.take(kind, whose(), AbortSignal.any([hung.signal, slow.signal]), bytes);
    } finally {
      hung.cancel();
      slow.cancel();
    }
  }

  /** Waits for an operation that has its slot. It cannot be cancelled, so it keeps its slot until it is answered. */
  async function waitForAnswer<T>(operation: Operation<T>, giveBack: GiveBack): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const { signal, cancel } = silence(deadlineMs, noAnswer(deadlineMs));
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    let bytesRead = 0;
    const work = operation(signal, (bytes) => (bytesRead = bytes)).finally(() => {
      shared.answers += 1;
      giveBack(bytesRead);
    });
    // The outcome of an abandoned operation concerns no caller; its error must not end the process.
    work.catch(() => undefined);
    return Promise.race([work, late]).finally(cancel);
  }

  /**
   * Runs one operation in a slot of its own; its caller gives up at the deadline.
   * @param bytes what the operation writes, which is what its turn costs
   */
  async function run<T>(operation: Operation<T>, bytes = 0, confirmEveryMs = CONFIRM_EVERY_MS): Promise<T> {
    const startedAt = performance.now();
    try {
      const giveBack = semaphore.tryTake(kind, whose(), bytes) ?? (await waitForPlace(bytes));
      const result = await waitForAnswer(
        (abandoned, countRead) =>
          onSameVolume(() => operation(abandoned, countRead), confirmEveryMs, abandoned),
        giveBack,
      );
      onAnswer(performance.now() - startedAt, null);
      if (kind === "asked") await resume();
      return result;
    } catch (error) {
      onAnswer(performance.now() - startedAt, error);
      throw error;
    }
  }

  /** Nothing is absent, and nothing is written, where the guard does not know the volume. */
  async function onSameVolume<T>(operation: () => Promise<T>, everyMs: number, abandoned: AbortSignal) {
    if (!guard) return operation();
    await guard.confirm(everyMs);
    abandoned.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (mayMeanAway(error)) await guard.confirmAfterMiss();
      throw error;
    }
  }

  /** An operation that puts something where there was nothing: never by an earlier answer of the guard. */
  const make = <T>(operation: Operation<T>, bytes = 0) => run(operation, bytes, 0);

  /** Repeats an attempt on a full volume while the reserve has a piece to give back for it. */
  async function withReserve<T>({ fromReserve = false }: ReserveUse, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!fromReserve || !isFull(error) || !(await reserve?.release())) throw error;
      }
    }
  }

  async function writeFile(
    path: string,
    bytes: string | Uint8Array,
    removeIfLate: boolean,
    late: AbortSignal,
  ) {
    let made = false;
    try {
      await withFile(path, "wx", async (file) => {
        made = true;
        late.throwIfAborted();
        await file.writeFile(bytes);
        await file.sync();
      });
    } catch (error) {
      // Half a file would take the room of the next attempt, and its name.
      if (made && isFull(error)) await fs.unlink(path).catch(() => undefined);
      made &&= !isFull(error);
      throw error;
    } finally {
      if (made && removeIfLate && late.aborted) await fs.unlink(path);
    }
  }

  async function withFile<T>(path: string, flags: number | string, use: (file: FileHandle) => Promise<T>) {
    const file = await fs.open(path, flags, FILE_MODE);
    let result: T;
    try {
      result = await use(file);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    // An NFS client may report a failed write only here.
    await file.close();
    return result;
  }

  /** A file that stays open. One that comes after its caller has given up is closed at once. */
  function openNew(path: string, flags: number | "wx"): Promise<FileHandle> {
    return make(async (abandoned) => {
      const opened = await fs.open(path, flags, FILE_MODE);
      if (abandoned.aborted) await opened.close();
      return opened;
    });
  }

  /** One whose caller gives up waiting is closed all the same: it would hold its descriptor for good. */
  async function close(file: FileHandle): Promise<void> {
    try {
      await run(() => file.close());
    } catch (error) {
      file.close().catch(() => undefined);
      throw error;
    }
  }

  /** @returns the folders that hold a new name */
  async function makeFolder(folder: string): Promise<string[]> {
    if (guard) return makeFolderBelow(guard, folder);
    const first = await fs.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const holders: string[] = [];
    for (let made = folder; first !== undefined && made.length >= first.length; made = parentOf(made))
      holders.push(parentOf(made));
    return holders;
  }

  /**
   * Step by step from below, so that in an empty slot it comes to a folder directly in DATA_DIR before it has made
   * anything. Such a folder is made only with a new word of the guard, DATA_DIR itself never.
   */
  async function makeFolderBelow(within: VolumeGuard, folder: string): Promise<string[]> {
    const parent = parentOf(folder);
    if (parent === within.root) await within.confirmAfterMiss();
    try {
      await fs.mkdir(folder, { mode: FOLDER_MODE });
      return [parent];
    } catch (error) {
      if (errorCode(error) === "EEXIST") return await requireFolder(folder, error);
      if (errorCode(error) !== "ENOENT" || parent === within.root) throw error;
    }
    const above = await makeFolderBelow(within, parent);
    return [...(await makeFolderBelow(within, folder)), ...above];
  }

  /** What stands there already will do if it is a folder, also by way of a link to one. */
  async function requireFolder(folder: string, otherwise: unknown): Promise<string[]> {
    try {
      await withFile(folder, constants.O_RDONLY | constants.O_DIRECTORY, async () => {});
    } catch (error) {
      throw errorCode(error) === "ENOTDIR" ? otherwise : error;
    }
    return [];
  }

  async function syncFolder(folder: string) {
    await withFile(folder, constants.O_RDONLY | constants.O_DIRECTORY, (file) => file.sync());
  }

  /**
   * An NFS client remembers for up to a minute that a name was not there. It forgets when the folder that should
   * hold the name is opened.
   */
  async function lookTwice<T>(path: string, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await refresh(parentOf(path));
      return look();
    }
  }

  /** Opens a folder; first the one that holds it, if it is thought to be missing itself. */
  async function refresh(folder: string): Promise<void> {
    const open = () => withFile(folder, constants.O_RDONLY | constants.O_DIRECTORY, async () => {});
    try {
      await open();
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || folder === "/") return;
      await refresh(parentOf(folder));
      await open().catch(() => undefined);
    }
  }

  return {
    list: (folder) => run(() => lookTwice(folder, () => fs.readdir(folder))),

    read: (path) =>
      run((_, countRead) =>
        withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async (file) => {
          const stats = await file.stat();
          if (!stats.isFile()) throw Object.assign(new Error("not a regular file"), { code: "ENOTREG" });
          if (stats.size > MAX_FILE_BYTES) throw Object.assign(new Error("too large"), { code: "EFBIG" });
          countRead(stats.size);
          return { bytes: await readBytes(file, stats.size), uid: stats.uid, version: versionOf(stats) };
        }),
      ),

    readFrom: (path, offset, limit = Infinity) =>
      run((_, countRead) =>
        lookTwice(path, () =>
          withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async (file) => {
            const chunks: Buffer[] = [];
            for (let at = offset; at < offset + limit;) {
              const buffer = Buffer.alloc(Math.min(65_536, offset + limit - at));
              const { bytesRead } = await file.read({ buffer, position: at });
              if (bytesRead === 0) break;
              chunks.push(buffer.subarray(0, bytesRead));
              at += bytesRead;
              countRead(at - offset);
            }
            return Buffer.concat(chunks);
          }),
        ),
      ),

    writeNew: (path, bytes, { removeIfLate = false, ...use } = {}) =>
      make(
        (abandoned) => withReserve(use, () => writeFile(path, bytes, removeIfLate, abandoned)),
        Buffer.byteLength(bytes),
      ),

    createLog: async (path) => {
      const file = await openNew(path, LOG_FLAGS);
      return createAppendLog(file, { run, close: () => close(file) });
    },

    createFile: async (path) => {
      const file = await openNew(path, "wx");
      return {
        write: (bytes) => run(() => file.writeFile(bytes), bytes.byteLength),
        sync: () => run(() => file.sync()),
        close: () => close(file),
      };
    },

    // What it names was made a moment ago, by the guard's word.
    link: (existing, name, use = {}) => run(() => withReserve(use, () => fs.link(existing, name))),
    rename: (from, to) => make(() => fs.rename(from, to)),
    unlink: (path) => run(() => fs.unlink(path)),
    removeFolder: (folder) => make(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 })),
    removeEmptyFolder: (folder) => run(() => fs.rmdir(folder)),
    stats: (path) =>
      run(async () => {
        const stats = await fs.lstat(path);
        const { mode, uid, size, mtimeMs } = stats;
        return {
          isFolder: stats.isDirectory(),
          mode: mode & 0o7777,
          uid,
          size,
          modifiedAt: mtimeMs,
          version: versionOf(stats),
        };
      }),
    space: (folder) =>
      run(async () => {
        const { type, bsize, bavail, files, ffree } = await fs.statfs(folder);
        return { type, freeBytes: bavail * bsize, freeFiles: files > 0 ? ffree : null };
      }),
    syncFolder: (folder) => run(() => syncFolder(folder)),

    makeFolder: (folder) =>
      make(async () => {
        for (const holder of await makeFolder(folder)) await syncFolder(holder);
      }),
    makeFolderUnsynced: (folder) => make(() => makeFolder(folder)),
  };
}

function versionOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}.${ino}.${size}.${mtimeMs}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** Less where the file has become shorter. Unlike `readFile` it does not ask for the size, a thread's work, again. */
async function readBytes(file: FileHandle, size: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

const noAnswer = (ms: number) => `The volume gave no answer for ${ms / 1000} s.`;

function unavailable(reason: string): ExpectedError {
  return new ExpectedError(
    "volume_unavailable",
    "The storage for conversations is not answering. Nothing that was sent before is lost; try again soon.",
    { cause: new Error(reason) },
  );
}
