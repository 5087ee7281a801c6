import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStamper, mergeEntries, withValues, type ListEntry } from "~/browser/conversations/list-entry";
import { pageClock } from "~/browser/page/page-clock";
import { fakeStorage } from "./fake-storage";
import { createSafeStorage } from "./safe-storage";
import { createServerClock } from "./server-clock";

const MINUTE = 60_000;
const YEAR = 365 * 86_400_000;
const START = Date.UTC(2026, 10, 29, 12);

/** A device whose clock differs from the right one, over visits that share a storage. */
function deviceOf(skew: number, time: { now: number }) {
  const storage = createSafeStorage(() => fakeStorage());
  const visit = () => createServerClock(storage, { ...pageClock, now: () => time.now + skew });
  return { visit, storage };
}

const header = (now: number) => new Date(now).toUTCString();

describe("the clock for stamps", () => {
  test("is this device's while that agrees with the server, also if an answer was slow", () => {
    const time = { now: START };
    const { visit, storage } = deviceOf(0, time);
    const clock = visit();
    clock.noteDate(header(time.now - MINUTE / 2));
    clock.noteDate(null);
    clock.noteDate("no date");
    expect(clock.now()).toBe(START);
    expect(storage.keys()).toEqual([]);
  });

  test("is the server's where this device's is wrong, also at the next visit, until it was set right", () => {
    const time = { now: START };
    const { visit, storage } = deviceOf(YEAR, time);
    visit().noteDate(header(START));
    const next = visit();
    expect(next.now()).toBe(START);
    time.now -= YEAR;
    next.noteDate(header(START));
    expect(next.now()).toBe(START);
    expect(storage.keys()).toEqual([]);
  });
});

const skew = fc.constantFrom(0, -3 * YEAR, -2 * MINUTE, 40 * MINUTE, YEAR, 300 * YEAR);

test("of edits that did not see each other, the later one wins, however wrong the clocks of four devices are", () => {
  fc.assert(
    fc.property(
      fc.array(skew, { minLength: 4, maxLength: 4 }),
      fc.array(fc.record({ device: fc.nat(3), seesAll: fc.boolean() }), { minLength: 2, maxLength: 20 }),
      (skews, edits) => {
        const time = { now: START };
        const devices = skews.map((each, at) => {
          const clock = deviceOf(each, time).visit();
          // Every device has asked the server something before it edits what other devices have.
          clock.noteDate(header(time.now));
          return { stamper: createStamper(clock, `.${String(at)}`), entry: {} as ListEntry };
        });
        const merged = () => devices.map(({ entry }) => entry).reduce(mergeEntries);
        for (const [at, { device, seesAll }] of edits.entries()) {
          time.now += 5 * MINUTE;
          const own = devices[device]!;
          if (seesAll) own.entry = merged();
          own.entry = withValues(own.entry, { title: `edit ${String(at)}` }, own.stamper);
        }
        expect(merged().title![0]).toBe(`edit ${String(edits.length - 1)}`);
      },
    ),
  );
});

test("an edit of a device that was a year ahead delays no other entry, and no device that has not seen it", () => {
  const time = { now: START };
  const ahead = createStamper({ now: () => time.now + YEAR }, ".ahead");
  const [right, other] = [".right", ".other"].map((writer) => createStamper({ now: () => time.now }, writer));
  const seen = withValues({}, { title: "Ahead" }, ahead);
  expect(withValues(seen, { title: "Right" }, right!).title![1] > seen.title![1]).toBe(true);
  const first = withValues({}, { pinned: true }, right!);
  time.now += 1;
  const second = withValues({}, { pinned: false }, other!);
  expect(mergeEntries(first, second).pinned![0]).toBe(false);
});
