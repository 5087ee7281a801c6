import { setTimeout as delay } from "node:timers/promises";
import { rig } from "../../fixtures/nfs-rig.ts";
import { distribution, expect, newKeys, type Scenario } from "../scenario.ts";

/** Calls of a commit before which a process waits when its machine loses its power. */
const STEPS = [4, 6, 8, 9, 10, 12];

export const clientPowerLoss: Scenario = {
  name: "a client loses its power in mid-commit: what it was acknowledged is there, and the other never waits",
  async run({ start, history, say }) {
    const held = await Promise.all(STEPS.map((_, n) => start("a", `held${n}`)));
    const [busyA, busyB, reader] = await Promise.all([
      start("a", "busy"),
      start("b", "busy"),
      start("b", "reader"),
    ]);
    const keys = newKeys(STEPS.length + 2);
    const shared = keys.slice(STEPS.length);
    const befores = await Promise.all(
      held.map(async (process, n) => {
        await process.call("append", keys[n]!, "a1");
        await process.call("append", keys[n]!, "a2");
        await process.call("pauseAt", STEPS[n]!, "hold");
        const paused = process.next("paused");
        // Its machine goes down before it answers.
        process.call("append", keys[n]!, "a3").catch(() => undefined);
        return (await paused).before;
      }),
    );
    const writing = [busyA, busyB].map((process) =>
      process.call("write", { keys: shared, prefix: process.client, count: 1_000_000 }),
    );
    writing[0]!.catch(() => undefined);
    await delay(3_000);
    await rig("kill", "a");

    const times: number[] = [];
    for (const key of keys) {
      const { acked, ms } = await reader.call("append", key, "b1");
      expect(acked, "the other client was refused");
      times.push(ms);
    }
    await busyB.call("stop");
    await writing[1];
    expect(history.refused.length === 0, `refused: ${JSON.stringify(history.refused[0])}`);
    await history.check(keys, [reader]);

    await rig("boot", "a");
    const again = await start("a", "again");
    for (const key of keys) await again.call("append", key, "a4");
    await history.check(keys, [reader, again]);
    say(`held before ${befores.join(", ")}`);
    say(`commits of the other client to all those sessions, right after: ${distribution(times)}`);
    say(`${history.acked.length} messages acknowledged, all there on both`);
  },
};
