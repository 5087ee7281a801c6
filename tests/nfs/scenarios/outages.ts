import { setTimeout as delay } from "node:timers/promises";
import { rig } from "../../fixtures/nfs-rig.ts";
import type { History } from "../history.ts";
import { distribution, expect, newKeys, tally, type Scenario, type World } from "../scenario.ts";
import type { StoreProcess } from "../start-process.ts";

/** Longest that a caller may wait for the volume: its deadline, and what a busy machine adds. */
const BOUND_MS = 13_000;
/** The same behind others in the queue of one session: the longest wait for a turn comes first. */
const QUEUED_BOUND_MS = 15_000 + BOUND_MS;

export const serverRestart: Scenario = {
  name: "the server dies and comes back while both write: nothing acknowledged is lost, and it heals by itself",
  run: (world) =>
    outage(world, {
      begin: () => rig("kill-server"),
      lastsMs: 15_000,
      end: () => rig("restart-server"),
    }),
};

export const serverFrozen: Scenario = {
  name: "the server hangs: every caller has an answer in time, and work that needs no files goes on",
  run: (world) =>
    outage(world, {
      begin: () => rig("stop", "server"),
      lastsMs: 25_000,
      end: () => rig("cont", "server"),
    }),
};

type Outage = { begin: () => Promise<unknown>; lastsMs: number; end: () => Promise<unknown> };

async function outage({ startOnBoth, history, say }: World, { begin, lastsMs, end }: Outage) {
  const keys = newKeys(4);
  const writers = await startOnBoth(2);
  // A session of its own for each lane, and one that all share: commits to one session wait for each other.
  const writing = writers.map((writer, n) =>
    writer.call("write", { keys: [keys[n]!, keys[0]!], prefix: writer.name, count: 1_000_000, paceMs: 20 }),
  );
  await delay(3_000);
  await Promise.all(writers.map((writer) => writer.call("startLoad")));
  const before = history.acked.length;
  await begin();
  const flooded = await Promise.all(writers.slice(0, 2).map((writer) => writer.call("flood", keys, 3_000)));
  await delay(Math.max(0, lastsMs - Math.max(...flooded.map(({ ms }) => ms))));
  await end();
  const healed = await Promise.all(writers.map((writer) => timeToNextAck(history, writer)));
  const loads = await Promise.all(writers.map((writer) => writer.call("stopLoad")));
  await Promise.all(writers.map((writer) => writer.call("stop")));
  await Promise.all(writing);

  const codes = new Set(history.refused.map(({ code }) => code));
  expect(codes.has("volume_unavailable"), "nobody was refused: this has tested nothing");
  for (const code of codes) {
    expect(["volume_unavailable", "session_busy"].includes(code), `a caller was refused with ${code}`);
  }
  const waits = history.refused.map(({ ms }) => ms);
  expect(Math.max(...waits) < QUEUED_BOUND_MS, `a caller waited for ${Math.max(...waits).toFixed(0)} ms`);
  for (const { ends, ms } of flooded) {
    expect(ms < QUEUED_BOUND_MS, `a flood of requests was answered after ${ms.toFixed(0)} ms`);
    for (const end of Object.keys(ends)) {
      expect(["done", "volume_unavailable", "session_busy"].includes(end), `one request ended with ${end}`);
    }
  }
  for (const load of loads) {
    expect(load.failures.length === 0, `work without the volume failed: ${load.failures[0]}`);
    for (const kind of ["loop", "dns", "crypto", "file"] as const) {
      expect(load[kind] < 5_000, `${kind} stood still for ${load[kind].toFixed(0)} ms`);
    }
  }
  await history.check(keys, writers.slice(0, 2));

  const most = (kind: "loop" | "dns" | "crypto" | "file" | "memory") =>
    Math.max(...loads.map((load) => load[kind])).toFixed(0);
  say(`${before} commits before, ${history.acked.length - before} since; refused: ${distribution(waits)}`);
  say(
    `two floods of 3,000 requests meanwhile: ${tally(...flooded.map(({ ends }) => ends))}, all answered after ` +
      `${Math.max(...flooded.map(({ ms }) => ms / 1000)).toFixed(1)} s`,
  );
  say(
    `slowest meanwhile: event loop ${most("loop")} ms, dns ${most("dns")} ms, crypto ${most("crypto")} ms, ` +
      `local file ${most("file")} ms; most memory ${most("memory")} MB`,
  );
  say(
    `writing again ${healed.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(", ")} after the server was back`,
  );
}

async function timeToNextAck(history: History, writer: StoreProcess): Promise<number> {
  const start = performance.now();
  await writer.next("acked");
  return performance.now() - start;
}

export const networkCut: Scenario = {
  name: "a client is cut off for longer than its lease: what it had under way changes nothing that came after",
  async run({ start, history, say }) {
    const [inLink, afterLink, a, b] = await Promise.all([
      start("a", "in-link"),
      start("a", "after-link"),
      start("a", "a"),
      start("b", "b"),
    ]);
    const keys = newKeys(3);
    const [linkKey, pruneKey, freeKey] = keys as [string, string, string];
    for (const key of keys) for (const n of [1, 2, 3]) await b.call("append", key, `b${n}`);

    const hold = async (process: StoreProcess, key: string, call: string, nth: number) => {
      await process.call("pauseAt", nth, "hold", call);
      const paused = process.next("paused");
      const answer = process.call("append", key, "cut-off");
      await paused;
      return answer;
    };
    const answers = [
      { answer: hold(inLink, linkKey, "link", 0), process: inLink },
      { answer: hold(afterLink, pruneKey, "readdir", 1), process: afterLink },
    ];
    await delay(1_000);
    await rig("cut", "a");
    const cutAt = performance.now();
    await Promise.all(answers.map(({ process }) => process.call("release")));
    // The link is on its way now, and stays there. The other client goes on, and prunes.
    const times: number[] = [];
    for (let n = 4; n < 12; n++) {
      for (const key of keys) {
        const { acked, ms } = await b.call("append", key, `b${n}`);
        expect(acked, "the client that was not cut off was refused");
        times.push(ms);
      }
    }
    const refused = await Promise.all(answers.map(({ answer }) => answer));
    for (const { acked, code, ms } of refused) {
      expect(!acked && code === "volume_unavailable", `the client that was cut off was told ${code}`);
      expect(ms - 1_000 < BOUND_MS, `it was told after ${ms.toFixed(0)} ms`);
    }
    await delay(Math.max(0, 35_000 - (performance.now() - cutAt)));
    const folder = () => b.call("sessionFolderNames", linkKey).then((names) => names.sort().join(" "));
    const before = await folder();
    await rig("heal", "a");
    const healedAt = performance.now();
    while (!(await a.call("append", freeKey, "a1")).acked) await delay(500);
    const healed = performance.now() - healedAt;
    await delay(2_000);
    const after = await folder();
    await history.check(keys, [a, b]);
    for (const key of keys)
      for (const process of [a, b]) await process.call("append", key, `${process.name}-last`);
    await history.check(keys, [a, b, inLink, afterLink]);

    say(`the other client's commits meanwhile: ${distribution(times)}`);
    say(
      `refused after ${refused.map(({ ms }) => `${((ms - 1_000) / 1000).toFixed(1)} s`).join(" and ")}; ` +
        `writing again ${(healed / 1000).toFixed(1)} s after healing`,
    );
    say(
      `the folder before healing: ${shorten(before)}; after: ${shorten(after)}; ` +
        `and two commits later: ${shorten(await folder())}`,
    );
  },
};

/** Names of revisions, without what is random. */
function shorten(names: string): string {
  return names.replace(/\b0{5,}/g, "").replace(/[A-Za-z0-9_.-]+\.(life|tmp)\b/g, "*.$1");
}
