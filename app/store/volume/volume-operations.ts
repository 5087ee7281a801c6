import { ExpectedError } from "~/conversation/expected-error";
import { monotonicNow } from "~/clocks";
import { mayMeanAway } from "./errno";
import type { FairnessKey, FairSemaphore, GiveBack, WorkKind } from "./fair-semaphore";
import { createPatience } from "./patience";
import type { VolumeGuard, VolumeOptions } from "./volume";

export type OperationContext = {
  /** Aborted when the caller has given up; the operation itself cannot be cancelled. */
  abandoned: AbortSignal;
  /** To be called with the number of bytes that were read so far, where that is not known before. */
  countRead: (bytes: number) => void;
  /**
   * To be called with the close of a file that the caller need not wait for. The operation keeps its slot until then, and a
   * removal of this name waits for it: an NFS client renames an open file instead of removing it.
   */
  closeLater: (close: Promise<void>, path: string) => void;
};

/** One operation on the volume. */
export type Operation<T> = (context: OperationContext) => Promise<T>;

export type OperationOptions = {
  /** Bytes that the operation writes, its cost in the queue. */
  bytes?: number;
  /** How old the guard's confirmation may be, in milliseconds; 0 asks for a new one. */
  maxConfirmationAgeMs?: number;
  /** A time of `now`: a confirmation that has begun since then, but not longer than a second ago, is enough. */
  confirmedSince?: number | undefined;
  /** The operation only reads: the guard is asked meanwhile, and what was read is dropped where it refuses. */
  isReading?: boolean;
};

/** Runs one operation in a slot. Rejects with `volume_unavailable` at the deadline. */
export type RunOperation = <T>(operation: Operation<T>, options?: OperationOptions) => Promise<T>;

export type OperationRunnerOptions = Pick<
  VolumeOptions,
  "deadlineMs" | "maxQueueMs" | "onAnswer" | "fairnessKey" | "resume" | "guard" | "now"
> & {
  kind: WorkKind;
  /**
   * Shared by all volumes on one directory. `answers` counts the operations that the file system has answered; `closing`
   * has the files that are being closed, by path.
   */
  shared: { semaphore: FairSemaphore; answers: number; closing: Map<string, Promise<void>> };
};

/**
 * Age of the guard's confirmation, in milliseconds, that is enough for operations that make no name. In an empty mount
 * point they fail anyway and are confirmed afterwards; on another volume they may read its files for that long.
 */
const CONFIRM_EVERY_MS = 1_000;

export function createOperationRunner(options: OperationRunnerOptions): RunOperation {
  const { kind, shared, deadlineMs = 10_000, maxQueueMs = 60_000, onAnswer = () => {}, guard } = options;
  const { fairnessKey = (): FairnessKey => "", resume = async () => {}, now = monotonicNow } = options;
  const { semaphore } = shared;

  /** @throws ExpectedError `volume_unavailable` where the volume answers none of the operations before this one */
  async function waitForSlot(bytes: number): Promise<GiveBack> {
    const hung = abortAfterSilence(deadlineMs, noAnswer(deadlineMs), () => shared.answers);
    const slow = abortAfterSilence(maxQueueMs, "The volume answers too slowly.");
    try {
      return await semaphore.take(kind, fairnessKey(), AbortSignal.any([hung.signal, slow.signal]), bytes);
    } finally {
      hung.cancel();
      slow.cancel();
    }
  }

  /** Waits for an operation that has its slot. It cannot be cancelled, so it keeps its slot until it is answered. */
  async function waitForAnswer<T>(operation: Operation<T>, giveBack: GiveBack): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const { signal, cancel } = abortAfterSilence(deadlineMs, noAnswer(deadlineMs));
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    let bytesRead = 0;
    let closed: Promise<void> | null = null;
    const context: OperationContext = {
      abandoned: signal,
      countRead: (bytes) => (bytesRead = bytes),
      closeLater: (close, path) => void (closed = trackClose(close, path)),
    };
    const work = operation(context).finally(() => {
      shared.answers += 1;
      if (closed) void closed.then(() => giveBack(bytesRead));
      else giveBack(bytesRead);
    });
    // No caller is left for the error of an abandoned operation, and it must not end the process.
    work.catch(() => undefined);
    return Promise.race([work, late]).finally(cancel);
  }

  /** Never rejects. The caller is gone, so that an error is only counted. */
  function trackClose(close: Promise<void>, path: string): Promise<void> {
    const startedAt = now();
    const closed = close
      .catch((error: unknown) => onAnswer(now() - startedAt, error))
      .then(() => {
        if (shared.closing.get(path) === closed) shared.closing.delete(path);
      });
    shared.closing.set(path, closed);
    return closed;
  }

  return async <T>(operation: Operation<T>, options: OperationOptions = {}): Promise<T> => {
    const startedAt = now();
    try {
      const { bytes = 0, isReading = false } = options;
      const giveBack = semaphore.tryTake(kind, fairnessKey(), bytes) ?? (await waitForSlot(bytes));
      const work: Operation<T> = (context) =>
        guard
          ? confirmed(guard, maxAgeOf(options, now()), isReading, operation, context)
          : operation(context);
      const result = await waitForAnswer(work, giveBack);
      onAnswer(now() - startedAt, null);
      if (kind === "interactive") await resume();
      return result;
    } catch (error) {
      onAnswer(now() - startedAt, error);
      throw error;
    }
  };
}

/** How old the guard's confirmation may be for an operation that begins now, in milliseconds. */
function maxAgeOf(
  { maxConfirmationAgeMs = CONFIRM_EVERY_MS, confirmedSince }: OperationOptions,
  now: number,
): number {
  return confirmedSince === undefined
    ? maxConfirmationAgeMs
    : Math.min(now - confirmedSince, CONFIRM_EVERY_MS);
}

/** Runs an operation only where the guard knows the volume, and asks the guard again before a name counts as absent. */
async function confirmed<T>(
  guard: VolumeGuard,
  maxAgeMs: number,
  isReading: boolean,
  operation: Operation<T>,
  context: OperationContext,
): Promise<T> {
  const confirmation = guard.confirm(maxAgeMs);
  confirmation.catch(() => undefined);
  // The first confirmation makes the folders.
  if (!isReading || !guard.isKnown()) {
    await confirmation;
    context.abandoned.throwIfAborted();
  }
  try {
    const result = await operation(context);
    await confirmation;
    return result;
  } catch (error) {
    await confirmation;
    if (mayMeanAway(error)) await guard.confirmAfterMiss();
    throw error;
  }
}

/** A signal that is aborted with `volume_unavailable` once `progress` has not changed for `ms` milliseconds. */
function abortAfterSilence(ms: number, reason: string, progress?: () => number) {
  const controller = new AbortController();
  const onEnd = () => controller.abort(unavailable(reason));
  return {
    signal: controller.signal,
    cancel: createPatience({ ms, onEnd, ...(progress && { progress }) }),
  };
}

const noAnswer = (ms: number) => `The volume gave no answer for ${ms / 1000} s.`;

/** @param reason for the log, as the error's cause */
export function unavailable(reason: string): ExpectedError {
  return new ExpectedError(
    "volume_unavailable",
    "Conversation storage is not responding. Nothing sent before is lost. Try again soon.",
    { cause: new Error(reason) },
  );
}
