import { isNewerFormat } from "~/store/newer-format";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { OwnershipGuard } from "./reply-guard";
import type { StopControl } from "./stop-control";

/**
 * Time between two checks of a running reply that no note has asked for, in milliseconds: a node that has changed the
 * session may have died before it could leave one.
 */
const CHECK_INTERVAL_MS = 15_000;

export type OwnershipWatchOptions = {
  guard: Pick<OwnershipGuard, "check" | "latest">;
  control: Pick<StopControl, "stop" | "signal">;
  /** Resolves after this many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** Called with the error of each check that failed; another one follows. */
  onCheckFailure: (error: unknown) => void;
};

/** Stops a run whose session was changed: by a person's stop, or by another node that took the reply over. */
export type OwnershipWatch = {
  /** Reads the session's state now and stops the run if it must end. @throws the guard's errors */
  check(): Promise<void>;
  /** The session as the last check has found it; undefined where it is the one that the run began with. */
  latest(): SessionRecord | null | undefined;
  /** Resolves after the next check that finds another session. */
  changed(): Promise<void>;
  /** Checks from time to time until the run is over or aborted. Never rejects. */
  keepChecking(isOver: () => boolean): Promise<void>;
};

export function createOwnershipWatch(options: OwnershipWatchOptions): OwnershipWatch {
  const { guard, control, delay, onCheckFailure } = options;

  const news = { seen: guard.latest(), wake: Promise.withResolvers<void>() };

  async function ownership() {
    try {
      const now = await guard.check();
      if (guard.latest() !== news.seen) {
        news.seen = guard.latest();
        news.wake.resolve();
        news.wake = Promise.withResolvers<void>();
      }
      return now;
    } catch (error) {
      // A session that a newer version has changed does not say whether the reply is still this node's.
      if (isNewerFormat(error)) return "superseded" as const;
      onCheckFailure(error);
      throw error;
    }
  }

  async function check() {
    const now = await ownership();
    if (now === "superseded") control.stop("superseded");
    else if (now === "stop requested") control.stop("stopped");
  }

  return {
    check,
    latest: guard.latest,
    changed: () => news.wake.promise,
    async keepChecking(isOver) {
      while (!control.signal.aborted && !isOver()) {
        await delay(CHECK_INTERVAL_MS);
        if (!isOver()) await check().catch(() => undefined);
      }
    },
  };
}
