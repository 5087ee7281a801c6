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
