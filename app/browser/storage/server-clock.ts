import type { PageClock } from "~/browser/page/page-clock";
import type { SafeStorage } from "./safe-storage";

/** The difference between the two clocks in milliseconds, kept for the next visit. */
const KEY = "holdfast.clockOffset";

/** Differences up to this may come from slow requests, and change nothing. In milliseconds. */
const TOLERANCE_MS = 60_000;

/**
 * The time of day for what is compared with other devices: that of this device, or the server's if this device's clock
 * is wrong.
 */
export type ServerClock = PageClock & {
  /** To be called with the `Date` header of each answer. */
  noteDate: (date: string | null) => void;
};

export function createServerClock(shared: SafeStorage, clock: PageClock): ServerClock {
  const kept = Number(shared.get(KEY) ?? 0);
  let offset = Number.isSafeInteger(kept) ? kept : 0;
  return {
    ...clock,
    now: () => clock.now() + offset,
    noteDate(date) {
      const time = Date.parse(date ?? "");
      if (Number.isNaN(time)) return;
      const difference = time - clock.now();
      const next = Math.abs(difference) <= TOLERANCE_MS ? 0 : difference;
      if (next === offset || (next !== 0 && Math.abs(next - offset) <= TOLERANCE_MS)) return;
      offset = next;
      if (next === 0) shared.remove(KEY);
      else shared.set(KEY, String(next));
    },
  };
}
