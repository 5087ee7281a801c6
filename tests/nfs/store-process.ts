import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { ExpectedError } from "~/conversation/expected-error";
import { errorCode } from "~/store/volume/volume";
import { commitAgainstFloor } from "../bench/commit-against-floor.ts";
import {
  append,
  createTestStore,
  findBrokenChain,
  messageIds,
} from "../fixtures/store/store-conversation.ts";
import { interceptedFileSystem } from "../fixtures/store/store-file-system.ts";
import { createLoad } from "./load.ts";
import { observeCalls } from "./observe-calls.ts";
import { createPostbox } from "./postbox.ts";
import { readAgainstFloor } from "./read-against-floor.ts";

/**
 * A process with a store on the shared volume, which a scenario runs on a client. It reads calls and writes events,
 * one line of JSON each.
 */
export type ProcessEvent =
  | { event: "ready"; pid: number }
  | { event: "acked"; key: string; id: string; place: number; rev: number; ms: number }
  | { event: "refused"; key: string; id: string; code: string; ms: number }
  | { event: "paused"; before: string };

const [dataDir, name] = process.argv.slice(2) as [string, string];
const send = (event: ProcessEvent) => process.stdout.write(`${JSON.stringify(event)}\n`);

const calls = observeCalls((before) => send({ event: "paused", before }));
const { store, layout, volume, damaged } = createTestStore(dataDir, {
  fs: interceptedFileSystem(calls.intercept),
  instance: `${name}.${process.pid}-${Date.now()}`,
});
const load = createLoad();
const postbox = createPostbox(volume);
let stopped = false;

type WriteOrder = {
  keys: string[];
  /** Begins the ids of the messages. */
  prefix: string;
  count: number;
  /** Writers side by side. */
  lanes?: number;
  paceMs?: number;
};

const methods = {
  /** One message, once. */
  async append(key: string, id: string) {
    const start = performance.now();
    try {
      const { record, result } = await store.update(key, append(id));
      const ms = performance.now() - start;
      send({ event: "acked", key, id, place: result, rev: record!.rev, ms });
      return { acked: true, code: null, ms };
    } catch (error) {
      const code = ExpectedError.isInstance(error) ? error.code : `unexpected ${String(error)}`;
      const ms = performance.now() - start;
      send({ event: "refused", key, id, code, ms });
      return { acked: false, code, ms };
    }
  },

  /** Many messages, each sent again until it is acknowledged, as a browser would. */
  async write({ keys, prefix, count, lanes = 1, paceMs = 0 }: WriteOrder) {
    stopped = false;
    const times: number[] = [];
    const lane = async (number: number) => {
      for (let n = 0; n < count && !stopped; n++) {
        const key = keys[(n + number) % keys.length]!;
        const id = `${prefix}-${number}-${n}`;
        for (;;) {
          const answer = await methods.append(key, id);
          if (answer.acked) times.push(answer.ms);
          if (answer.acked || stopped) break;
          await delay(100);
        }
        if (paceMs > 0) await delay(paceMs);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
    return { times };
  },

  /** Reads until `stop`, and collects faults. */
  async watch(keys: string[]) {
    stopped = false;
    const seen = new Map<string, number>();
    const faults: string[] = [];
    const times: number[] = [];
    while (!stopped) {
      for (const key of keys) {
        const start = performance.now();
        const record = await store.read(key).catch((error: unknown) => void faults.push(String(error)));
        times.push(performance.now() - start);
        if (!record) continue;
        if (record.rev < (seen.get(key) ?? 0)) faults.push(`rev ${record.rev} after ${seen.get(key)}`);
        if (record.recovered !== null) faults.push(`rev ${record.recovered} was held to be damaged`);
        const broken = findBrokenChain(record.session);
        if (broken) faults.push(broken);
        seen.set(key, record.rev);
      }
      await delay(5);
    }
    return { faults, times };
  },

  stop() {
    stopped = true;
  },

  async read(key: string) {
    const record = await store.read(key);
    if (!record) return null;
    const { rev, session, recovered } = record;
    return { rev, recovered, ids: messageIds(session), broken: findBrokenChain(session) };
  },

  remove: (key: string) => store.remove(key),

  /** Stops at the n-th call to the file system, or of one kind, from now on: the whole process, or only the commit. */
  pauseAt: (n: number, how: "freeze" | "hold", only: string | null = null) => calls.pauseAt(n, how, only),
  release: () => calls.release(),
  /** Failed calls by kind, links taken back, and damage found since the last time that it was asked. */
  report: () => ({ ...calls.report(), damaged: damaged.splice(0) }),

  startLoad: () => load.start(),
  stopLoad: () => load.stop(),

  /** Reads and updates at once, more than there are places for. @returns how they ended, and the slowest */
  async flood(keys: string[], count: number) {
    const start = performance.now();
    const ends: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const key = keys[n % keys.length]!;
        const work = n % 2 === 0 ? store.read(key) : store.update(key, append(`flood-${name}-${n}`));
        const end = await work.then(
          () => "done",
          (error: unknown) => (ExpectedError.isInstance(error) ? error.code : String(error)),
        );
        ends[end] = (ends[end] ?? 0) + 1;
      }),
    );
    return { ends, ms: performance.now() - start };
  },

  createLog: (path: string) => postbox.create(`${dataDir}/${path}`),
  awaitLog: (path: string) => postbox.awaitCreation(`${dataDir}/${path}`),
  echo: (from: string, to: string) => postbox.echo(`${dataDir}/${from}`, `${dataDir}/${to}`),
  ping: (to: string, from: string, rounds: number) =>
    postbox.ping(`${dataDir}/${to}`, `${dataDir}/${from}`, rounds),

  makeDataDir: () => volume.makeFolder(dataDir),
  sessionFolderNames: (key: string) =>
    volume.list(layout.sessionFolder(key)).catch((error: unknown) => [errorCode(error) ?? String(error)]),

  async cost(rounds: number) {
    return {
      commit: await commitAgainstFloor(dataDir, rounds),
      read: await readAgainstFloor(dataDir, rounds),
    };
  },
};

export type Methods = typeof methods;

type Order = { call: number; method: keyof Methods; args: unknown[] };

async function obey({ call, method, args }: Order) {
  const work = methods[method] as (...args: unknown[]) => unknown;
  try {
    process.stdout.write(`${JSON.stringify({ call, result: (await work(...args)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ call, error: String(error) })}\n`);
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => void obey(JSON.parse(line) as Order))
  // Threads that are stuck on a volume that hangs would hold up an exit.
  .once("close", () => process.kill(process.pid, "SIGKILL"));
send({ event: "ready", pid: process.pid });
