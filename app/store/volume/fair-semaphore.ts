import { createFairQueue } from "~/fair-queue";

/**
 * `steady` is what the node does by itself, whoever asks for something: it says that it lives, keeps answers that
 * are being written, counts. `asked` is what people wait for.
 */
export type WorkKind = "asked" | "steady";

/** For whom something is done: an address, or the node itself, whose work is little and all else depends on it. */
export type FairnessKey = string | typeof NODE;

/** Whose turn comes before everybody's. */
export const NODE = Symbol("the node itself");

export type FairSemaphoreOptions = {
  /** Places that one kind has at most, and those of them that the other cannot take from it. */
  count: number;
  reserved: number;
  /** Takers of one kind that may wait before some are refused. */
  maxWaiting: number;
  /** Bytes that each may move before those who are new come first; what a few requests of a person need if not given. */
  burstBytes?: number | undefined;
  /** Who is refused because too many wait is told so. */
  onOverflow: () => Error;
};

type Waiting = { start: () => void; refuse: (error: Error) => void };

/** Gives a slot back. `bytes` is what the operation has read, so far as the taker did not know it before. */
export type GiveBack = (bytes?: number) => void;

/** What an operation without content costs, as file systems on a network meter it: bytes. */
const LEAST_COST = 4_096;

/** Some 60 operations. */
const BURST_BYTES = 256 * 1024;

/**
 * A counting semaphore of two kinds, neither of which can keep the other from its part. Waiters of one kind are served
 * by a fair queue with `whose` as its key and bytes as its cost; `NODE` comes before all others.
 */
export function createFairSemaphore(options: FairSemaphoreOptions) {
  const { count, reserved, maxWaiting, burstBytes: burst = BURST_BYTES, onOverflow } = options;
  const kinds = { asked: createKind(), steady: createKind() };
  const isFree = (kind: WorkKind) =>
    kinds[kind].taken < count && kinds.asked.taken + kinds.steady.taken < count + reserved;

  function take(kind: WorkKind, whose: FairnessKey, bytes: number): GiveBack {
    const { queue } = kinds[kind];
    kinds[kind].taken += 1;
    queue.charge(whose, Math.max(LEAST_COST, bytes));
    return (bytes = 0) => {
      kinds[kind].taken -= 1;
      if (bytes > LEAST_COST) queue.charge(whose, bytes - LEAST_COST);
      while (startNext());
      if (kinds[kind].taken === 0 && queue.size() === 0) queue.reset();
    };
  }

  /**
   * Where both kinds wait, steady work keeps its part and no more: a thousand journals a second would leave people a
   * third of the volume, while each of them can wait, and is longer when it comes.
   */
  function startNext(): boolean {
    const { asked, steady } = kinds;
    const startAsked = () => isFree("asked") && asked.startNext();
    const startSteady = () => isFree("steady") && steady.startNext();
    return steady.taken < reserved ? startSteady() || startAsked() : startAsked() || startSteady();
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
      wait(whose: FairnessKey, one: Waiting): () => boolean {
        const leave = queue.add(whose, one);
        if (queue.size() > maxWaiting) queue.dropLast()!.refuse(onOverflow());
        return leave;
      },
    };
  }

  return {
    /** A slot that is free; null where one has to be waited for. */
    tryTake: (kind: WorkKind, whose: FairnessKey, bytes = 0): GiveBack | null =>
      isFree(kind) ? take(kind, whose, bytes) : null,
    /**
     * Waits for a slot.
     * @param bytes what the operation writes
     * @throws what `tooMany` makes, and the signal's reason
     */
    take(kind: WorkKind, whose: FairnessKey, signal: AbortSignal, bytes = 0): Promise<GiveBack> {
      if (isFree(kind)) return Promise.resolve(take(kind, whose, bytes));
      return new Promise((resolve, reject) => {
        const start = () => resolve(take(kind, whose, bytes));
        const leave = kinds[kind].wait(whose, { start, refuse: reject });
        signal.addEventListener("abort", () => {
          if (leave()) reject(signal.reason as Error);
        });
      });
    },
  };
}
