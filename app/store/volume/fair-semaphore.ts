import { createFairQueue } from "~/fair-queue";

/**
 * `interactive` is work that a request waits for. `steady` is background work that must go on under any load:
 * heartbeats, the logs of replies, usage.
 */
export type WorkKind = "interactive" | "steady";

/** Waiters are served by key: a client's address, or `NODE`. */
export type FairnessKey = string | typeof NODE;

/** Key of the node's own work. It is little, all other work depends on it, and it is served before all other keys. */
export const NODE = Symbol("the node itself");

export type FairSemaphoreOptions = {
  /** `count` is the number of slots of one kind, `reserved` how many more the other kind then has for certain. */
  count: number;
  reserved: number;
  /** Waiters of one kind before some are refused. */
  maxWaiting: number;
  /** Bytes that a key may move before it comes after new keys. Default: about as many as a few requests move. */
  burstBytes?: number | undefined;
  /** Makes the error of a waiter that is refused because too many wait. */
  onOverflow: () => Error;
};

type Waiting = { start: () => void; refuse: (error: Error) => void };

/** Gives a slot back. `bytes` is the number of bytes that the operation has read, if it was not known before. */
export type GiveBack = (bytes?: number) => void;

export type FairSemaphore = {
  /** A slot that is free; null where one has to be waited for. */
  tryTake(kind: WorkKind, key: FairnessKey, bytes?: number): GiveBack | null;
  /**
   * Waits for a slot.
   * @param bytes number of bytes that the operation writes
   * @throws the error of `onOverflow`, and the signal's reason
   */
  take(kind: WorkKind, key: FairnessKey, signal: AbortSignal, bytes?: number): Promise<GiveBack>;
};

/** Cost of an operation without content, in bytes: EFS meters each request as at least 4 KiB (app/store/NFS.md). */
const LEAST_COST = 4_096;

/** 8 operations without content: about half of what a first message needs. */
const BURST_BYTES = 32 * 1024;

/**
 * A counting semaphore of two kinds, neither of which can keep the other from its part. Waiters of one kind are served
 * by a fair queue with bytes as the cost; `NODE` comes before all other keys.
 */
export function createFairSemaphore(options: FairSemaphoreOptions): FairSemaphore {
  const { count, reserved, maxWaiting, burstBytes: burst = BURST_BYTES, onOverflow } = options;
  const kinds = { interactive: createKind(), steady: createKind() };
  const isFree = (kind: WorkKind) =>
    kinds[kind].taken < count && kinds.interactive.taken + kinds.steady.taken < count + reserved;

  function take(kind: WorkKind, key: FairnessKey, bytes: number): GiveBack {
    const { queue } = kinds[kind];
    kinds[kind].taken += 1;
    queue.charge(key, Math.max(LEAST_COST, bytes));
    return (bytes = 0) => {
      kinds[kind].taken -= 1;
      if (bytes > LEAST_COST) queue.charge(key, bytes - LEAST_COST);
      while (startNext());
      if (kinds[kind].taken === 0 && queue.size() === 0) queue.reset();
    };
  }

  /**
   * Where both kinds wait, steady work has its reserved slots and no more. Otherwise a thousand appends per
   * second would leave a third of the volume to requests; appends that wait are batched instead.
   */
  function startNext(): boolean {
    const { interactive, steady } = kinds;
    const startInteractive = () => isFree("interactive") && interactive.startNext();
    const startSteady = () => isFree("steady") && steady.startNext();
    return steady.taken < reserved
      ? startSteady() || startInteractive()
      : startInteractive() || startSteady();
  }

  function createKind() {
    const queue = createFairQueue<FairnessKey, Waiting>({ burst, first: NODE });
    return {
      taken: 0,
      queue,
      startNext(): boolean {
        const next = queue.next();
        next?.waiter.start();
        return next !== null;
      },
      wait(key: FairnessKey, one: Waiting): () => boolean {
        const leave = queue.add(key, one);
        if (queue.size() > maxWaiting) queue.dropLast()!.refuse(onOverflow());
        return leave;
      },
    };
  }

  return {
    tryTake: (kind, key, bytes = 0) => (isFree(kind) ? take(kind, key, bytes) : null),
    take(kind, key, signal, bytes = 0) {
      if (isFree(kind)) return Promise.resolve(take(kind, key, bytes));
      return new Promise((resolve, reject) => {
        const start = () => resolve(take(kind, key, bytes));
        const leave = kinds[kind].wait(key, { start, refuse: reject });
        signal.addEventListener("abort", () => {
          if (leave()) reject(signal.reason as Error);
        });
      });
    },
  };
}
