import { useEffect, useState } from "react";

/** Longer timers are cut off by browsers, and the clock may be set. */
const LONGEST_MS = 60 * 60 * 1_000;

/** Today, for what is grouped by days: it changes at midnight, and when the page is come back to after it. */
export function useToday(): Date {
  const [today, setToday] = useState(startOfToday);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      const now = startOfToday();
      setToday((before) => (before.getTime() === now.getTime() ? before : now));
      const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
      timer = setTimeout(look, Math.min(midnight - Date.now(), LONGEST_MS));
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return today;
}

function startOfToday(): Date {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate());
}
