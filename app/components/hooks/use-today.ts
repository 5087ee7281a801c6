import { useEffect, useState } from "react";

/** Longest timer: browsers limit them, and the clock may be changed meanwhile. */
const LONGEST_MS = 60 * 60 * 1_000;

/** The current day. Changes at midnight, or when the page is shown again after midnight. */
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
