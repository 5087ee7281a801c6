import TinyQueue from "tinyqueue";

/** Virtual time: runs what is due in its order, and equal times in the order of their scheduling. */
export type Clock = {
  /** In milliseconds. */
  now(): number;
  after(ms: number, run: () => void): void;
  runUntil(end: number): void;
};

type Event = { at: number; number: number; run: () => void };

export function createClock(): Clock {
  const events = new TinyQueue<Event>([], (a, b) => a.at - b.at || a.number - b.number);
  let now = 0;
  let scheduled = 0;
  return {
    now: () => now,
    after(ms, run) {
      events.push({ at: now + ms, number: scheduled++, run });
    },
    runUntil(end) {
      for (let next = events.peek(); next && next.at <= end; next = events.peek()) {
        events.pop();
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}
