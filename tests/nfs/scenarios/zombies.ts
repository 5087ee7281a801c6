import { setTimeout as delay } from "node:timers/promises";
import { expect, newKeys, type Scenario } from "../scenario.ts";

/** Commits that others make while one is frozen: within the memory of a session's recent commits, and beyond. */
const MEANWHILE = [1, 3, 20];

export const frozenAtEveryStep: Scenario = {
  name: "a zombie harms nobody: a writer frozen before each step of a commit wakes after others have gone on",
  async run({ start, history, say }) {
    const zombies = await Promise.all(MEANWHILE.map((_, n) => start("a", `zombie${n}`)));
    const [other, reader] = await Promise.all([start("b", "other"), start("a", "reader")]);
    const keys: string[] = [];
    const steps: string[] = [];

    const freezeAt = async (step: number, turn: number) => {
      const zombie = zombies[turn]!;
      const [key] = newKeys(1) as [string];
      keys.push(key);
      // Two revisions, so that there is one to prune.
      for (const n of [1, 2]) await other.call("append", key, `first${n}`);
      await zombie.call("pauseAt", step, "freeze");
      const paused = zombie.next("paused");
      const answer = zombie.call("append", key, "zombie");
      const what = await Promise.race([paused, answer.then(() => null)]);
      if (what === null) {
        await zombie.call("release");
        return null;
      }
      await zombie.frozen();
      for (let n = 0; n < MEANWHILE[turn]!; n++) await other.call("append", key, `other${n}`);
      await zombie.thaw();
      expect((await answer).acked, `frozen before ${what.before}, it was refused`);
      return what.before;
    };

    for (let step = 0; ; step++) {
      const befores = await Promise.all(zombies.map((_, turn) => freezeAt(step, turn)));
      if (befores.every((before) => before === null)) break;
      steps.push(befores.find((before) => before !== null)!);
    }
    await history.check(keys, [other, reader]);
    const reports = await Promise.all(zombies.map((zombie) => zombie.call("report")));
    const caught = reports.reduce((sum, { linksTakenBack }) => sum + linksTakenBack, 0);
    expect(caught > 0, "no zombie ever linked a name that had been pruned: this has tested nothing");
    say(`${steps.length} steps: ${steps.join(", ")}`);
    say(`${keys.length} sessions, ${caught} links of zombies taken back`);
  },
};

export const frozenAtRandom: Scenario = {
  name: "a zombie harms nobody: writers on both clients are frozen by signals at any moment",
  async run({ startOnBoth, history, say }) {
    const keys = newKeys(2);
    const writers = await startOnBoth(3);
    const writing = writers.map((writer) =>
      writer.call("write", { keys, prefix: writer.name, count: 1_000_000 }),
    );
    for (let round = 0; round < 24; round++) {
      const frozen = writers[(round * 5) % writers.length]!;
      await frozen.freeze();
      await delay(100 + ((round * 137) % 900));
      await frozen.thaw();
    }
    await Promise.all(writers.map((writer) => writer.call("stop")));
    await Promise.all(writing);
    const unexpected = history.refused.filter(({ code }) => code !== "session_busy");
    expect(unexpected.length === 0, `refused: ${JSON.stringify(unexpected[0])}`);
    await history.check(keys, writers.slice(0, 2));
    const reports = await Promise.all(writers.map((writer) => writer.call("report")));
    const caught = reports.reduce((sum, { linksTakenBack }) => sum + linksTakenBack, 0);
    say(`24 freezes, ${history.acked.length} commits, ${caught} links of zombies taken back`);
  },
};
