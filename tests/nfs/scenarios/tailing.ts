import { setTimeout as delay } from "node:timers/promises";
import { distribution, expect, type Scenario } from "../scenario.ts";

const ROUNDS = 200;

export const tailing: Scenario = {
  name: "what one client appends, the other reads by opening again: every line, whole and in order",
  async run({ start, say }) {
    const [a, b] = await Promise.all([start("a", "a"), start("b", "b")]);
    const echoing = b.call("echo", "to-b.ndjson", "to-a.ndjson");
    const times = await a.call("ping", "to-b.ndjson", "to-a.ndjson", ROUNDS);
    await echoing;
    expect(times.length === ROUNDS - 1, `${times.length} of ${ROUNDS - 1} lines came back`);
    say(
      `${ROUNDS} lines there and back; one way, polled every 50 ms, with its sync: ` +
        distribution(times.map((ms) => ms / 2)),
    );
  },
};

export const newLog: Scenario = {
  name: "a journal that begins while the other client waits for it is found at once",
  async run({ start, say }) {
    const [a, b] = await Promise.all([start("a", "a"), start("b", "b")]);
    const times: number[] = [];
    for (let n = 0; n < 10; n++) {
      const path = `journal-${n}.ndjson`;
      const found = b.call("awaitLog", path);
      // Long enough for the client to have learnt that there is no such file.
      await delay(500);
      const start = performance.now();
      await a.call("createLog", path);
      await found;
      times.push(performance.now() - start);
    }
    // What the kernel remembers of missing names it remembers for 30 s at least.
    expect(Math.max(...times) < 15_000, `not found for ${Math.max(...times).toFixed(0)} ms`);
    say(`found after ${distribution(times)}, asked every 50 ms`);
  },
};
