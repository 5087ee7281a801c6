import { distribution, expect, newKeys, tally, type Scenario } from "../scenario.ts";

const WRITERS_EACH = 3;
const MESSAGES = 60;

export const sharedWriting: Scenario = {
  name: "both clients write the same sessions: every message once, in one order, and readers see the newest",
  async run({ startOnBoth, start, history, say }) {
    const keys = newKeys(4);
    const writers = await startOnBoth(WRITERS_EACH);
    const [readerA, readerB] = await Promise.all([start("a", "reader"), start("b", "reader")]);
    const readers = [readerA, readerB];
    const watching = readers.map((reader) => reader.call("watch", keys));

    // All on one session first, where they are most in each other's way.
    const began = performance.now();
    const written = await Promise.all(
      writers.map((writer) =>
        writer.call("write", { keys: [keys[0]!], prefix: writer.name, count: MESSAGES }),
      ),
    );
    const contendedSeconds = (performance.now() - began) / 1000;
    await Promise.all(
      writers.map((writer) => writer.call("write", { keys, prefix: `${writer.name}s`, count: MESSAGES })),
    );
    await Promise.all(readers.map((reader) => reader.call("stop")));
    const watched = await Promise.all(watching);
    const reports = await Promise.all([...writers, ...readers].map((process) => process.call("report")));

    expect(history.refused.length === 0, `refused: ${tally(count(history.refused.map(({ code }) => code)))}`);
    const faults = watched.flatMap((watch) => watch.faults);
    expect(faults.length === 0, `readers met ${faults.length} faults: ${faults.slice(0, 3).join("; ")}`);
    const damaged = reports.flatMap((report) => report.damaged);
    expect(damaged.length === 0, `held to be damaged: ${JSON.stringify(damaged[0])}`);
    await history.check(keys, readers);
    const all = 2 * WRITERS_EACH * MESSAGES;
    expect(history.acked.length === 2 * all, `${history.acked.length} of ${2 * all} acknowledged`);

    say(
      `${all} commits by ${writers.length} processes on one session: ${(all / contendedSeconds).toFixed(0)}/s, ` +
        distribution(written.flatMap(({ times }) => times)),
    );
    say(
      `${watched.reduce((sum, { times }) => sum + times.length, 0)} reads meanwhile, ` +
        distribution(watched.flatMap(({ times }) => times)),
    );
    say(
      `links taken back: ${reports.reduce((sum, { linksTakenBack }) => sum + linksTakenBack, 0)}; ` +
        `calls that failed and were dealt with: ${tally(...reports.map(({ failed }) => failed))}`,
    );
  },
};

export const readYourWrites: Scenario = {
  name: "what one client was acknowledged, the next read on the other sees",
  async run({ start, say, history }) {
    const [key] = newKeys(1) as [string];
    const [a, b] = await Promise.all([start("a", "a"), start("b", "b")]);
    const times: number[] = [];
    for (let round = 0; round < 150; round++) {
      const [writer, reader] = round % 2 === 0 ? [a, b] : [b, a];
      // The other has just read: whatever it may cache, it has cached.
      await reader.call("read", key);
      await writer.call("append", key, `m${round}`);
      const start = performance.now();
      const found = await reader.call("read", key);
      times.push(performance.now() - start);
      expect(found?.ids.at(-1) === `m${round}`, `m${round} was acknowledged, read was ${found?.ids.at(-1)}`);
    }
    await history.check([key], [a, b]);
    say(`150 of 150; the read, with the way to the client and back: ${distribution(times)}`);
  },
};

function count(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
