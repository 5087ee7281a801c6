import { useEffect, useState } from "react";
import { pageClock, type PageClock } from "~/browser/page/page-clock";

/** Longest timer: browsers limit them, and the clock may be changed meanwhile. */
const LONGEST_MS = 60 * 60 * 1_000;

/** The current day. Changes at midnight, or when the page is shown again after midnight. */
export function useToday(clock: PageClock = pageClock): Date {
  const [today, setToday] = useState(() => startOfDay(clock.now()));
  useEffect(() => {
    let cancel = () => {};
    const refresh = () => {
      cancel();
      const now = startOfDay(clock.now());
      setToday((before) => (before.getTime() === now.getTime() ? before : now));
      const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
      cancel = clock.after(Math.min(midnight - clock.now(), LONGEST_MS), refresh);
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => {
      cancel();
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [clock]);
  return today;
}

function startOfDay(ms: number): Date {
  const now = new Date(ms);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate());
}
