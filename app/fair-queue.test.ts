import fc from "fast-check";
import { expect, test } from "vitest";
import { createFairQueue } from "./fair-queue";

/** Serves all that wait, each at its cost. @returns the keys, in order */
function serve(costs: Readonly<Record<string, number>>, waiting: string) {
  const queue = createFairQueue<string, object>();
  for (const key of waiting) queue.add(key, {});
  let order = "";
  for (let next = queue.next(); next; next = queue.next()) {
    order += next.key;
    queue.charge(next.key, costs[next.key] ?? 1);
  }
  return order;
}

test("keys are served round-robin, however many waiters one has", () => {
  expect(serve({}, "aaaaabbc")).toBe("abcabaaa");
});

test("a turn with a higher cost is followed by more turns of other keys", () => {
  expect(serve({ a: 3 }, "aaaabbbbbbbb")).toBe("abbbabbbabba");
});

test("a new key is served next and has saved up no credit", () => {
  const queue = createFairQueue<string, number>();
  for (let count = 0; count < 10; count++) queue.add("a", count);
  for (let count = 0; count < 5; count++) queue.charge(queue.next()!.key, 1);
  for (let count = 0; count < 5; count++) queue.add("b", count);
  let order = "";
  for (let next = queue.next(); next; next = queue.next()) {
    order += next.key;
    queue.charge(next.key, 1);
  }
  expect(order).toBe("bababababa");
});

test("keys within their burst are served in order of arrival, others after them", () => {
  const queue = createFairQueue<string, string>({ burst: 4 });
  queue.charge("greedy", 5);
  for (const key of ["greedy", "a", "b", "c"]) queue.add(key, `${key} 1`);
  const order: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) {
    order.push(next.waiter);
    queue.charge(next.key, 2);
    if (next.waiter === "a 1") queue.add("a", "a 2");
    if (next.waiter === "b 1") queue.add("d", "d 1");
  }
  expect(order).toEqual(["a 1", "b 1", "c 1", "a 2", "d 1", "greedy 1"]);
});

test("the first key is served before all others, whatever it was charged", () => {
  const queue = createFairQueue<string, number>({ first: "node" });
  queue.charge("node", 100);
  queue.add("a", 1);
  queue.add("node", 2);
  expect([queue.next()!.key, queue.next()!.key]).toEqual(["node", "a"]);
});

test("a key that is not eligible is passed over, and keeps its place", () => {
  const queue = createFairQueue<string, number>();
  queue.add("a", 1);
  queue.add("b", 2);
  expect(queue.next((key) => key === "b")).toEqual({ key: "b", waiter: 2 });
  expect(queue.next((key) => key === "b")).toBeNull();
  expect(queue.next()).toEqual({ key: "a", waiter: 1 });
});

test("a waiter that leaves is not served, and the last of the longest lane can be dropped", () => {
  const queue = createFairQueue<string, string>();
  const leave = queue.add("a", "a 1");
  for (const waiter of ["a 2", "a 3"]) queue.add("a", waiter);
  queue.add("b", "b 1");
  expect(leave()).toBe(true);
  expect(leave()).toBe(false);
  expect(queue.dropLast()).toBe("a 3");
  expect(queue.size()).toBe(2);
  expect([queue.next()!.waiter, queue.next()!.waiter, queue.next()]).toEqual(["a 2", "b 1", null]);
});

test("the number of remembered keys is bounded", () => {
  const queue = createFairQueue<number, number>();
  for (let key = 0; key < 50_000; key++) {
    queue.add(key, key);
    queue.charge(queue.next()!.key, 1);
  }
  queue.add(0, 0);
  expect(queue.next()).toEqual({ key: 0, waiter: 0 });
});

test.each([0, 8])("a key over its burst is served beside ever new keys, with a burst of %d", (burst) => {
  const queue = createFairQueue<string, string>({ burst });
  queue.charge("old", burst + 2);
  queue.add("old", "old");
  let served = 0;
  for (let key = 0; served < 1_000; key++) {
    for (let turn = 0; turn < 3; turn++) queue.add(`new ${key}`, "new");
    const next = queue.next()!;
    if (next.key === "old") break;
    queue.charge(next.key, 1);
    served += 1;
  }
  expect(served).toBeLessThan(100);
});

test("keys that always wait are served alike, whatever their turns cost and however many wait", () => {
  const keys = fc.array(
    fc.record({ cost: fc.integer({ min: 1, max: 50 }), waiting: fc.integer({ min: 1, max: 8 }) }),
    {
      minLength: 2,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(keys, fc.integer({ min: 0, max: 64 }), (all, burst) => {
      const queue = createFairQueue<number, null>({ burst });
      all.forEach(({ waiting }, key) => {
        for (let count = 0; count < waiting; count++) queue.add(key, null);
      });
      const served = all.map(() => 0);
      for (let turn = 0; turn < 1_000; turn++) {
        const { key } = queue.next()!;
        served[key]! += all[key]!.cost;
        queue.charge(key, all[key]!.cost);
        queue.add(key, null);
      }
      const longest = Math.max(...all.map(({ cost }) => cost));
      expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(2 * longest + burst);
    }),
    { numRuns: 200 },
  );
});

test("waiters that come, leave, are dropped and are charged late: each is served once, those of a key in order", () => {
  const key = fc.integer({ min: 0, max: 4 });
  const operation = fc.oneof(
    fc.record({ kind: fc.constantFrom("add", "charge"), key }),
    fc.record({ kind: fc.constantFrom("next", "leave", "drop"), key: fc.integer({ min: 0, max: 40 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 200 }),
      fc.integer({ min: 0, max: 20 }),
      (operations, burst) => {
        const queue = createFairQueue<number, number>({ burst, first: 4 });
        const waiting = new Map<number, number>();
        const leaves: (() => boolean)[] = [];
        const ofKey = (wanted: number) =>
          [...waiting].filter((entry) => entry[1] === wanted).map(([waiter]) => waiter);
        for (const { kind, key: value } of operations) {
          if (kind === "add") {
            waiting.set(leaves.length, value);
            leaves.push(queue.add(value, leaves.length));
          } else if (kind === "charge") queue.charge(value, 7);
          else if (kind === "leave" && leaves.length > 0) {
            const waiter = value % leaves.length;
            expect(leaves[waiter]!()).toBe(waiting.delete(waiter));
          } else if (kind === "drop") waiting.delete(queue.dropLast() ?? -1);
          else if (kind === "next") {
            const served = queue.next();
            expect(served === null).toBe(waiting.size === 0);
            if (!served) continue;
            expect(served.waiter).toBe(Math.min(...ofKey(served.key)));
            if (ofKey(4).length > 0) expect(served.key).toBe(4);
            waiting.delete(served.waiter);
            queue.charge(served.key, value);
          }
          expect(queue.size()).toBe(waiting.size);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
