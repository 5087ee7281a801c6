import { isNewerFormat } from "~/store/newer-format";
import type { OwnershipGuard } from "./reply-guard";
import type { StopControl } from "./stop-control";

/** Longest time between two ownership checks of a running reply, in milliseconds. */
const CHECK_INTERVAL_MS = 250;

export type OwnershipWatchOptions = {
  guard: Pick<OwnershipGuard, "check">;
  control: Pick<StopControl, "stop" | "signal">;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Resolves after this many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** Called with the error of a check between appends that failed; the next one follows. */
  onCheckFailure: (error: unknown) => void;
};

/** Stops a run whose session was changed: by a person's stop, or by another node that took the reply over. */
export type OwnershipWatch = {
  /** Reads the session's state now and stops the run if it must end. @throws what the guard throws */
  check(): Promise<void>;
  /**
   * Checks until the run is over or aborted. Appends check by themselves; a silent model causes no appends, but a
   * stop or a successor must be noticed all the same. Never rejects.
   */
  keepChecking(isOver: () => boolean): Promise<void>;
};

export function createOwnershipWatch(options: OwnershipWatchOptions): OwnershipWatch {
  const { guard, control, now, delay, onCheckFailure } = options;
  let checkedAt = -Infinity;

  async function check() {
    checkedAt = now();
    const ownership = await guard.check().catch((error: unknown) => {
      // A session that a newer version has changed does not say whether the reply is still this node's.
      if (isNewerFormat(error)) return "superseded" as const;
      throw error;
    });
    if (ownership === "superseded") control.stop("superseded");
    else if (ownership === "stop requested") control.stop("stopped");
  }

  return {
    check,
    async keepChecking(isOver) {
      while (!control.signal.aborted && !isOver()) {
        await delay(CHECK_INTERVAL_MS);
        if (isOver() || now() - checkedAt < CHECK_INTERVAL_MS) continue;
        await check().catch(onCheckFailure);
      }
    },
  };
}
