import { DAY_MS, HOUR_MS, MINUTE_MS, windowStart } from "./windows";

/** What is counted, and over which windows it is wanted. The names stand in files: short, and never changed. */
const WINDOWS = {
  "session-messages": [MINUTE_MS, DAY_MS],
  "address-messages": [MINUTE_MS, DAY_MS],
  "address-sessions": [DAY_MS],
  "address-changes": [MINUTE_MS],
  "address-bytes": [DAY_MS],
  "address-tokens": [DAY_MS],
  "address-microdollars": [DAY_MS],
  "wrong-codes": [HOUR_MS],
  tokens: [DAY_MS],
  microdollars: [DAY_MS],
} as const;

export type Counted = keyof typeof WINDOWS;

/** What is counted, and of whom: `address-messages:0a1b2c3d4e5f`, or `tokens` of all. */
export type CountKey = string;

/** Sums over the windows of now. What belongs to another window is forgotten, or never taken in. */
export type Tally = {
  add(key: CountKey, amount: number, at: number): void;
  sum(key: CountKey, windowMs: number): number;
  /** The key to count under: its own, or once there are too many, one that it shares with others. */
  keyFor(counted: Counted, subject: string): CountKey;
};

export type TallyOptions = {
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Subjects of one kind in one window that are told apart. */
  maxSubjects?: number;
};

/** Hexadecimal digits of a subject that are left where there are too many of them: 4,096 groups. */
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
      // From a newer version, which counts more.
      if (!Object.hasOwn(WINDOWS, counted)) return;
      for (const windowMs of WINDOWS[counted]) {
        const { start, sums } = current(windowMs);
        if (windowStart(windowMs, at) === start) sums.set(key, (sums.get(key) ?? 0) + amount);
      }
    },
    sum: (key, windowMs) => current(windowMs).sums.get(key) ?? 0,
    keyFor(counted, subject) {
      const own = `${counted}:${subject}`;
      // The longest window has the most.
      const { sums } = current(WINDOWS[counted].at(-1)!);
      // Whoever makes up subjects by the million must not fill the memory, nor get away with it.
      return sums.size < maxSubjects || sums.has(own) ? own : own.slice(0, counted.length + 1 + GROUP_DIGITS);
    },
  };
}
