import { DAY_MS, HOUR_MS, MINUTE_MS, windowStart } from "./windows";

/**
 * The kinds of counts, with the windows over which each is summed. The names are stored in files: never change them.
 */
const WINDOWS = {
  "session-messages": [MINUTE_MS, DAY_MS],
  "address-messages": [MINUTE_MS, DAY_MS],
  "address-sessions": [DAY_MS],
  "address-imports": [DAY_MS],
  "address-keyrings": [DAY_MS],
  "address-changes": [MINUTE_MS],
  "address-bytes": [DAY_MS],
  "address-tokens": [DAY_MS],
  "address-microdollars": [DAY_MS],
  "wrong-codes": [HOUR_MS],
  tokens: [DAY_MS],
  microdollars: [DAY_MS],
  // No limit looks at these: they are for the operator (read-usage.ts).
  "model-tokens": [DAY_MS],
  "model-microdollars": [DAY_MS],
} as const;

export type Counted = keyof typeof WINDOWS;

/** Kind and subject of a count: `address-messages:0a1b2c3d4e5f`, `tokens:all`. */
export type CountKey = string;

/** Sums over the current windows. Counts of other windows are ignored, and past windows are forgotten. */
export type Tally = {
  add(key: CountKey, amount: number, at: number): void;
  sum(key: CountKey, windowMs: number): number;
  /** The key of a subject; once there are too many subjects, a key that it shares with a group of others. */
  keyFor(counted: Counted, subject: string): CountKey;
};

export type TallyOptions = {
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Largest number of keys in one window; beyond it, new subjects share the keys of groups. */
  maxSubjects?: number;
};

/** Hexadecimal digits of a subject that name its group: 4,096 groups. */
const GROUP_DIGITS = 3;

export function createTally({ clock, maxSubjects = 50_000 }: TallyOptions): Tally {
  const windows = new Map<number, { start: number; sums: Map<CountKey, number> }>();

  function current(windowMs: number) {
    const start = windowStart(windowMs, clock());
    let window = windows.get(windowMs);
    if (window?.start !== start) windows.set(windowMs, (window = { start, sums: new Map() }));
    return window;
  }

  return {
    add(key, amount, at) {
      const counted = key.split(":", 1)[0] as Counted;
      // A kind that only a newer version counts.
      if (!Object.hasOwn(WINDOWS, counted)) return;
      for (const windowMs of WINDOWS[counted]) {
        const { start, sums } = current(windowMs);
        if (windowStart(windowMs, at) === start) sums.set(key, (sums.get(key) ?? 0) + amount);
      }
    },
    sum: (key, windowMs) => current(windowMs).sums.get(key) ?? 0,
    keyFor(counted, subject) {
      const own = `${counted}:${subject}`;
      // The longest window has the most keys.
      const { sums } = current(WINDOWS[counted].at(-1)!);
      // A client with millions of made-up addresses must not exhaust the memory, and must still be limited.
      return sums.size < maxSubjects || sums.has(own) ? own : own.slice(0, counted.length + 1 + GROUP_DIGITS);
    },
  };
}
