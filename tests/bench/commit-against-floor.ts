import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { revisionName } from "~/store/documents/layout";
import type { SessionStore } from "~/store/sessions/session-store";
import { bareCommit } from "./bare-commit.ts";
import { openStore } from "./open-store.ts";
import { sampleMessages, sampleSession } from "./sample-conversation.ts";
import { median, quantile, ratioOfMedians, type RatioOfMedians } from "./statistics.ts";

/** Times in milliseconds. */
export type CommitTimes = { name: string; median: number; p95: number; ratio: RatioOfMedians };

type Arm = { name: string; commit: (rev: number) => Promise<unknown>; times: number[] };

const SESSION_BYTES = 20_000;

/**
 * Commits by one node, by two that take turns, by one that encrypts, and bare ones: one after the other in changing order, so that all
 * of them meet the same disk.
 */
export async function commitAgainstFloor(folder: string, commits: number) {
  const bytes = await sampleBytes(join(folder, "sample"));
  const floor: Arm = { name: "floor", commit: await bareCommits(join(folder, "bare"), bytes), times: [] };
  const arms: Arm[] = [
    { name: "one node", commit: await storeCommits(join(folder, "one"), 1), times: [] },
    { name: "two nodes in turns", commit: await storeCommits(join(folder, "two"), 2), times: [] },
    { name: "one node, encrypted", commit: await storeCommits(join(folder, "sealed"), 1, true), times: [] },
    floor,
  ];
  const warmUp = Math.ceil(commits / 10);
  for (let turn = 0; turn < warmUp + commits; turn++) {
    for (let place = 0; place < arms.length; place++) {
      const { commit, times } = arms[(turn + place) % arms.length]!;
      const start = performance.now();
      await commit(turn + 2);
      if (turn >= warmUp) times.push(performance.now() - start);
    }
  }
  const result = arms.map(({ name, times }): CommitTimes => {
    const pairs = times.map((time, index) => [time, floor.times[index]!] as const);
    return { name, median: median(times), p95: quantile(times, 0.95), ratio: ratioOfMedians(pairs) };
  });
  return { bytes: bytes.length, result };
}

async function sampleBytes(folder: string): Promise<Buffer> {
  const key = hashSessionId(newId());
  await begin(openStore(folder).store, key);
  return readFile(join(openStore(folder).layout.sessionFolder(key), revisionName(1)));
}

/** The size stays: another title of the same length each time. */
async function storeCommits(folder: string, nodes: number, isSealed = false) {
  const opened = Array.from({ length: nodes }, () => openStore(folder, { isSealed }));
  const stores = opened.map(({ store }) => store);
  const sessionId = newId();
  const [key] = opened.map(({ keys }) => keys.hold(sessionId).key) as [string];
  await begin(stores[0]!, key);
  return (rev: number) =>
    stores[rev % nodes]!.update(key, (session) => ({
      session: session && { ...session, title: `Title ${String(rev).padStart(8, "0")}` },
      result: null,
    }));
}

async function begin(store: SessionStore, key: string) {
  await store.update(key, () => ({ session: sampleSession(sampleMessages(SESSION_BYTES)), result: null }));
}

async function bareCommits(folder: string, bytes: Buffer) {
  await mkdir(folder);
  await writeFile(join(folder, revisionName(1)), bytes);
  return (rev: number) => bareCommit(folder, rev, bytes);
}
