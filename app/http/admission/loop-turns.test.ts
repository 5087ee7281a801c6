import { expect, test } from "vitest";
import { realTimer } from "~/clocks";
import { createLoopTurns } from "./loop-turns";

/** Work whose turns take given times on a fake clock. */
function open() {
  let at = 0;
  const turns = createLoopTurns({ now: () => at, timer: realTimer, burstMs: 0 });
  const order: string[] = [];
  return {
    order,
    pass: (ms: number) => void (at += ms),
    async work(address: string, costs: readonly number[]) {
      for (const cost of costs) {
        await turns.take(address);
        order.push(address);
        at += cost;
      }
    },
  };
}

const times = (count: number, cost: number) => Array<number>(count).fill(cost);

test("addresses have turns round-robin, however many requests one of them has", async () => {
  const { work, order } = open();
  const greedy = Array.from({ length: 30 }, () => work("greedy", [1, 1, 1]));
  await work("stranger", [1, 1, 1]);
  expect(order.filter((address) => address === "greedy").length).toBeLessThanOrEqual(4);
  await Promise.all(greedy);
});

test("a turn on the event loop costs the time that it takes", async () => {
  const { work, order } = open();
  await Promise.all([
    ...Array.from({ length: 20 }, () => work("slow", [3])),
    ...Array.from({ length: 60 }, () => work("quick", [1])),
  ]);
  const begun = order.slice(0, 40).filter((address) => address === "slow").length;
  expect(begun).toBeGreaterThanOrEqual(9);
  expect(begun).toBeLessThanOrEqual(11);
});

test("after a heavy turn, heavy addresses rest while other addresses are active", async () => {
  const { work, order, pass } = open();
  const heavy = ["a", "b", "c"].flatMap((address) =>
    Array.from({ length: 10 }, () => work(address, times(3, 40))),
  );
  const clock = setInterval(() => pass(50), 1);
  while (order.length < 6) await new Promise(setImmediate);
  clearInterval(clock);
  const before = order.length;
  await work("stranger", times(10, 1));
  // One may have begun before.
  expect(order.slice(before).filter((address) => address !== "stranger").length).toBeLessThanOrEqual(3);
  const rest = setInterval(() => pass(50), 1);
  await Promise.all(heavy);
  clearInterval(rest);
});

test("a single active address does not rest", async () => {
  const { work, order } = open();
  await Promise.all(Array.from({ length: 10 }, () => work("a", [100])));
  expect(order).toHaveLength(10);
});
