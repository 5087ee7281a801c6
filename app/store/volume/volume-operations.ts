import { ExpectedError } from "~/conversation/expected-error";
import { monotonicNow } from "~/clocks";
import { mayMeanAway } from "./errno";
import type { FairnessKey, FairSemaphore, GiveBack, WorkKind } from "./fair-semaphore";
import { createPatience } from "./patience";
import type { VolumeGuard, VolumeOptions } from "./volume";

/**
 * One operation on the volume.
 * @param abandoned aborted when its caller has given up; the operation itself cannot be cancelled
 * @param countRead is called with the number of bytes that were read, where that is not known before
 */
export type Operation<T> = (abandoned: AbortSignal, countRead: (bytes: number) => void) => Promise<T>;

export type OperationOptions = {
  /** Bytes that the operation writes, its cost in the queue. */
  bytes?: number;
  /** How old the guard's confirmation may be, in milliseconds; 0 asks for a new one. */
  maxConfirmationAgeMs?: number;
};

/** Runs one operation in a slot. Rejects with `volume_unavailable` at the deadline. */
export type RunOperation = <T>(operation: Operation<T>, options?: OperationOptions) => Promise<T>;

export type OperationRunnerOptions = Pick<
  VolumeOptions,
  "deadlineMs" | "maxQueueMs" | "onAnswer" | "fairnessKey" | "resume" | "guard" | "now"
> & {
  kind: WorkKind;
  /** Shared by all volumes on one directory. `answers` counts the operations that the file system has answered. */
  shared: { semaphore: FairSemaphore; answers: number };
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
    const work = operation(signal, (bytes) => (bytesRead = bytes)).finally(() => {
      shared.answers += 1;
      giveBack(bytesRead);
    });
    // No caller is left for the error of an abandoned operation, and it must not end the process.
    work.catch(() => undefined);
    return Promise.race([work, late]).finally(cancel);
  }

  return async (operation, { bytes = 0, maxConfirmationAgeMs = CONFIRM_EVERY_MS } = {}) => {
    const startedAt = now();
    try {
      const giveBack = semaphore.tryTake(kind, fairnessKey(), bytes) ?? (await waitForSlot(bytes));
      const result = await waitForAnswer(
        (abandoned, countRead) =>
          confirmed(guard, maxConfirmationAgeMs, abandoned, () => operation(abandoned, countRead)),
        giveBack,
      );
      onAnswer(now() - startedAt, null);
      if (kind === "interactive") await resume();
      return result;
    } catch (error) {
      onAnswer(now() - startedAt, error);
      throw error;
    }
  };
}

/** Runs an operation only where the guard knows the volume, and asks the guard again before a name counts as absent. */
async function confirmed<T>(
  guard: VolumeGuard | undefined,
  maxAgeMs: number,
  abandoned: AbortSignal,
  operation: () => Promise<T>,
): Promise<T> {
  if (!guard) return operation();
  await guard.confirm(maxAgeMs);
  abandoned.throwIfAborted();
  try {
    return await operation();
  } catch (error) {
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
    "The storage for conversations is not answering. Nothing that was sent before is lost; try again soon.",
    { cause: new Error(reason) },
  );
}
