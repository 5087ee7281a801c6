import fc from "fast-check";
import { expect, test } from "vitest";
import { createFailureDetector, type FailureDetector } from "./failure-detector";

const A = "a.boot1";
const at = (ms: number) => ({ askedAt: ms, answeredAt: ms });

function watching(own = "me.boot") {
  return createFailureDetector({ own, deadAfterMs: 10_000, creditMs: 2_500 });
}

/** Polls once a second between two times, and finds nothing new. */
function silence(failureDetector: FailureDetector, from: number, to: number, instance = A) {
  for (let ms = from; ms <= to; ms += 1_000) failureDetector.recordRead(instance, false, at(ms));
}

function absence(failureDetector: FailureDetector, from: number, to: number) {
  for (let ms = from; ms <= to; ms += 1_000) failureDetector.recordListing(new Set(), at(ms));
}

test("a node is dead exactly when its membership log has not grown for ten seconds", () => {
  const failureDetector = watching();
  failureDetector.recordRead(A, true, at(0));
  silence(failureDetector, 1_000, 9_000);
  failureDetector.recordRead(A, false, at(9_999));
  expect(failureDetector.isDead(A)).toBe(false);
  failureDetector.recordRead(A, false, at(10_000));
  expect(failureDetector.isDead(A)).toBe(true);
});

test("a membership log that is older than this process has the full ten seconds, too", () => {
  const failureDetector = watching();
  silence(failureDetector, 0, 9_000);
  expect(failureDetector.isDead(A)).toBe(false);
  failureDetector.recordRead(A, false, at(10_000));
  expect(failureDetector.isDead(A)).toBe(true);
});

test.each([
  ["growth", true],
  ["its first sight", false],
])("silence counts from the end of a slow poll: after %s", (_, grew) => {
  const failureDetector = watching();
  failureDetector.recordRead(A, grew, { askedAt: 0, answeredAt: 8_000 });
  silence(failureDetector, 9_000, 17_000);
  expect(failureDetector.isDead(A)).toBe(false);
  failureDetector.recordRead(A, false, at(18_000));
  expect(failureDetector.isDead(A)).toBe(true);
});

test("growth of its membership log revives a node", () => {
  const failureDetector = watching();
  silence(failureDetector, 0, 20_000);
  failureDetector.recordRead(A, true, at(21_000));
  expect(failureDetector.isDead(A)).toBe(false);
  expect(failureDetector.deadFor(A, 22_000)).toBeNull();
});

test("no node is dead after the volume was away for an hour", () => {
  const failureDetector = watching();
  failureDetector.recordRead(A, true, at(0));
  failureDetector.recordRead(A, false, at(3_600_000));
  silence(failureDetector, 3_601_000, 3_607_000);
  expect(failureDetector.isDead(A)).toBe(false);
});

test("a node that leaves is dead at once and for good", () => {
  const failureDetector = watching();
  failureDetector.recordRead(A, true, at(0));
  failureDetector.recordLeave(A);
  expect(failureDetector.isDead(A)).toBe(true);
  failureDetector.recordRead(A, true, at(1));
  expect(failureDetector.isDead(A)).toBe(true);
});

test("a successor makes only the earlier boots of its name dead", () => {
  const failureDetector = watching();
  for (const instance of [A, "a.boot2", "b.boot1"]) failureDetector.recordRead(instance, true, at(0));
  failureDetector.recordSuccessor(["boot1"], "a");
  expect(failureDetector.isDead(A)).toBe(true);
  expect(failureDetector.isDead("a.boot2")).toBe(false);
  expect(failureDetector.isDead("b.boot1")).toBe(false);
});

test("a draining node is alive beside its successor", () => {
  const failureDetector = watching();
  failureDetector.recordRead(A, true, at(0));
  failureDetector.recordDraining(A);
  failureDetector.recordSuccessor(["boot1"], "a");
  expect(failureDetector.isDead(A)).toBe(false);
  silence(failureDetector, 1_000, 10_000);
  expect(failureDetector.isDead(A)).toBe(true);
});

test("two living processes under one name do not stay dead", () => {
  const failureDetector = watching();
  failureDetector.recordRead(A, true, at(0));
  failureDetector.recordSuccessor(["boot1"], "a");
  failureDetector.recordRead(A, true, at(1_000));
  expect(failureDetector.isDead(A)).toBe(false);
});

test("the first read of a predecessor's membership log does not count as growth", () => {
  const failureDetector = watching("a.boot2");
  failureDetector.recordSuccessor(["boot1"], "a");
  failureDetector.recordRead(A, false, at(0));
  expect(failureDetector.isDead(A)).toBe(true);
});

test("a node without a membership log is dead after it was missing for ten seconds", () => {
  const failureDetector = watching();
  expect(failureDetector.isDead(A)).toBe(false);
  absence(failureDetector, 0, 9_000);
  expect(failureDetector.isDead(A)).toBe(false);
  absence(failureDetector, 10_000, 10_000);
  expect(failureDetector.isDead(A)).toBe(true);
});

test("no node takes itself for dead", () => {
  const failureDetector = watching(A);
  failureDetector.recordSuccessor(["boot1"], "a");
  failureDetector.recordLeave(A);
  silence(failureDetector, 0, 60_000);
  expect(failureDetector.isDead(A)).toBe(false);
});

test("deadFor returns the time since a node was found dead, also after a leave", () => {
  const failureDetector = watching();
  silence(failureDetector, 0, 30_000);
  expect(failureDetector.deadFor(A, 40_000)).toBe(30_000);
  failureDetector.recordLeave("b.boot1");
  failureDetector.recordListing(new Set(["b.boot1"]), at(31_000));
  expect(failureDetector.deadFor("b.boot1", 40_000)).toBe(9_000);
});

test("instances from damaged files do not fill the memory", () => {
  const failureDetector = createFailureDetector({ own: "me.boot", maxAbsent: 10 });
  failureDetector.recordRead(A, true, at(0));
  for (let i = 0; i < 1_000; i++) failureDetector.isDead(`x.${i}`);
  absence(failureDetector, 0, 10_000);
  // The oldest are forgotten, so asking again begins anew; the newest are known.
  expect(failureDetector.isDead("x.999")).toBe(true);
  expect(failureDetector.isDead("x.0")).toBe(false);
});

// --- any pattern of polls ---------------------------------------------------------------------------------

/** Times between beats: also just within the bound, again and again. */
const beatGaps = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 9_950, max: 9_999 })),
  { minLength: 1, maxLength: 30 },
);

/** Polls: the pause before each, its duration (sometimes as long as the deadline), and whether it failed. */
const polls = fc.array(
  fc.record({
    pause: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 2_500 }) },
      fc.integer({ min: 0, max: 20_000 }),
    ),
    takes: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }) },
      fc.integer({ min: 0, max: 10_000 }),
    ),
    /** When in that time the file was read. */
    readAt: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    failed: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
  { maxLength: 60 },
);

test("a node whose heartbeats arrive in time is never dead, whatever the pattern of polls", () => {
  fc.assert(
    fc.property(beatGaps, polls, (gaps, polls) => {
      const failureDetector = watching();
      let beat = 0;
      const beats = gaps.map((gap) => (beat += gap));
      let [now, known] = [0, -1];
      for (const { pause, takes, readAt, failed } of polls) {
        const poll = { askedAt: now + pause, answeredAt: now + pause + takes };
        now = poll.answeredAt;
        // Only as long as it beats.
        if (now > beats.at(-1)!) return;
        if (failed) continue;
        const read = poll.askedAt + takes * readAt;
        const seen = beats.filter((beat) => beat <= read).length;
        failureDetector.recordRead(A, known >= 0 && seen > known, poll);
        known = seen;
        expect(failureDetector.isDead(A)).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("an outage of the volume makes no node dead that sends a heartbeat soon after it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 }),
      (outage, before, after, pauses) => {
        const failureDetector = watching();
        failureDetector.recordRead(A, true, at(0));
        // Silent for 2 s before the outage and for 5 s after it at the most.
        failureDetector.recordRead(A, false, at(before));
        let now = before + outage;
        for (const pause of pauses) {
          if (now - (before + outage) >= after) return;
          failureDetector.recordRead(A, false, at(now));
          expect(failureDetector.isDead(A)).toBe(false);
          now += pause;
        }
      },
    ),
  );
});

test("a node without heartbeats is dead eventually, whatever the pattern of polls", () => {
  fc.assert(
    fc.property(polls, (polls) => {
      const failureDetector = watching();
      failureDetector.recordRead(A, true, at(0));
      let now = 0;
      for (const { pause, takes, failed } of polls) {
        const poll = { askedAt: now + pause, answeredAt: now + pause + takes };
        now = poll.answeredAt;
        if (!failed) failureDetector.recordRead(A, false, poll);
      }
      silence(failureDetector, now, now + 10_000);
      expect(failureDetector.isDead(A)).toBe(true);
    }),
  );
});
