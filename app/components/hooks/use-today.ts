import { useEffect, useState } from "react";
import { pageClock } from "~/browser/page/page-clock";

/** Longest timer: browsers limit them, and the clock may be changed meanwhile. */
const LONGEST_MS = 60 * 60 * 1_000;

/** The current day. Changes at midnight, or when the page is shown again after midnight. */
export function useToday(): Date {
  const [today, setToday] = useState(() => startOfDay(pageClock.now()));
  useEffect(() => {
    let cancel = () => {};
    const refresh = () => {
      cancel();
      const now = startOfDay(pageClock.now());
      setToday((before) => (before.getTime() === now.getTime() ? before : now));
      const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
      cancel = pageClock.after(Math.min(midnight - pageClock.now(), LONGEST_MS), refresh);
    };
    refresh();
    document.addEventListener("visibilitychange", refresh);
    return () => {
      cancel();
      document.removeEventListener("visibilitychange", refresh);
    };
  }, []);
  return today;
}

function startOfDay(ms: number): Date {
  const now = new Date(ms);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate());
}
