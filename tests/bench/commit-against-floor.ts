import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId, sessionKey } from "~/conversation/session-id";
import { revisionName } from "~/store/layout";
import { parseStoredSession } from "~/store/stored-session";
import { bareCommit } from "./bare-commit";
import { openStore } from "./open-store";
import { sampleMessages, sampleSession } from "./sample-conversation";
import { median, quantile, ratioOfMedians, type RatioOfMedians } from "./statistics";

export type CommitAgainstFloor = {
  bytes: number;
  commits: number;
  store: { median: number; p95: number };
  floor: { median: number; p95: number };
  ratio: RatioOfMedians;
  /** Milliseconds of a commit's work that is no file operation, measured by itself. */
  compute: { parse: number; schema: number; stringify: number };
};

const SESSION_BYTES = 20_000;

/**
 * Commits by the store and bare ones, in turns and in changing order, so that both meet the same disk. Times are
 * in milliseconds.
 */
export async function commitAgainstFloor(folder: string, commits: number): Promise<CommitAgainstFloor> {
  const { store, layout } = openStore(join(folder, "store"));
  const key = sessionKey(newId());
  const first = sampleSession(sampleMessages(SESSION_BYTES));
  await store.update(key, () => ({ session: first, result: null }));
  const bytes = await readFile(join(layout.sessionFolder(key), revisionName(1)));

  const bareFolder = join(folder, "bare");
  await mkdir(bareFolder);
  await writeFile(join(bareFolder, revisionName(1)), bytes);

  // The size stays: another title of the same length.
  const commit = (rev: number) =>
    store.update(key, (session) => ({
      session: session && { ...session, title: `Title ${String(rev).padStart(8, "0")}` },
      result: null,
    }));
  const bare = (rev: number) => bareCommit(bareFolder, rev, bytes);

  const pairs: [number, number][] = [];
  const warmUp = Math.ceil(commits / 10);
  for (let turn = 0; turn < warmUp + commits; turn++) {
    const rev = turn + 2;
    const floorFirst = turn % 2 === 0 ? await timed(() => bare(rev)) : null;
    const stored = await timed(() => commit(rev));
    const floor = floorFirst ?? (await timed(() => bare(rev)));
    if (turn >= warmUp) pairs.push([stored, floor]);
  }

  const of = (values: number[]) => ({ median: median(values), p95: quantile(values, 0.95) });
  return {
    bytes: bytes.length,
    commits,
    store: of(pairs.map(([stored]) => stored)),
    floor: of(pairs.map(([, floor]) => floor)),
    ratio: ratioOfMedians(pairs),
    compute: computeTimes(bytes),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function computeTimes(bytes: Buffer): CommitAgainstFloor["compute"] {
  const text = bytes.toString("utf8");
  const document: unknown = JSON.parse(text);
  const parse = medianTime(() => JSON.parse(bytes.toString("utf8")) as unknown);
  const both = medianTime(() => parseStoredSession(bytes, 1));
  return { parse, schema: both - parse, stringify: medianTime(() => JSON.stringify(document)) };
}

function medianTime(work: () => unknown): number {
  const times: number[] = [];
  for (let turn = 0; turn < 500; turn++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return median(times);
}
