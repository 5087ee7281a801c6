import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createTestStore, findBrokenChain, messageIds } from "../fixtures/store/store-conversation";
import { startStoreProcess, type StoreProcess } from "../fixtures/store/store-process";
import type { StoreAnswer } from "../fixtures/store/store-worker";

const SEED = Number(process.env.SEED ?? 20_260);
const WRITERS = 8;

const dataDir = mkdtempSync(join(tmpdir(), "holdfast-processes-"));
let processes: StoreProcess[] = [];

beforeAll(async () => {
  processes = await Promise.all(Array.from({ length: WRITERS }, () => startStoreProcess(dataDir)));
});
afterAll(async () => {
  await Promise.all(processes.map((process) => process.end()));
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** What one process does, one after another. The few ids make that several send the same message. */
const history = fc.array(
  fc.record({ call: fc.constantFrom("append", "append", "read", "nothing"), id: fc.nat({ max: 11 }) }),
  { maxLength: 7 },
);

test("whatever several processes do at once, all of them see one order and nothing is lost or doubled", async () => {
  const property = fc.asyncProperty(fc.array(history, { minLength: 2, maxLength: 4 }), async (histories) => {
    const key = hashSessionId(newId());
    const appended = new Set<string>();
    const seen = await Promise.all(
      histories.map(async (steps, place) => {
        const answers: StoreAnswer[] = [];
        for (const { call, id } of steps) {
          const answer = await processes[place]!.ask({ call, key, id: `m${id}` } as Parameters<
            StoreProcess["ask"]
          >[0]);
          if (call === "append") {
            appended.add(`m${id}`);
            expect(answer.ids).toContain(`m${id}`);
          }
          answers.push(answer);
        }
        return answers;
      }),
    );
    const final = await processes[0]!.ask({ call: "read", key });
    expect([...final.ids].sort()).toEqual([...appended].sort());
    // Each message is a commit, and there was no other.
    expect(final.rev).toBe(final.ids.length);
    for (const answers of seen) {
      let last = 0;
      for (const { rev, ids, broken } of answers) {
        expect(broken).toBeNull();
        expect(rev).toBeGreaterThanOrEqual(last);
        expect(ids).toEqual(final.ids.slice(0, rev));
        last = rev;
      }
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: 25 });
});

test("of eight processes that hammer one session none starves", async () => {
  const key = hashSessionId(newId());
  const count = 75;
  const total = WRITERS * count;
  const answers = await Promise.all(
    processes.map((process, place) => process.ask({ call: "hammer", key, writer: `w${place}`, count })),
  );
  const { ids, rev, broken } = await processes[0]!.ask({ call: "read", key });
  expect({ rev, broken, messages: new Set(ids).size }).toEqual({ rev: total, broken: null, messages: total });
  expect(new Set(answers.flatMap(({ revs }) => revs)).size).toBe(total);
  // How many commits of others a writer sees go by between two of its own.
  const waits = answers.map(({ revs }) => Math.max(...revs.map((rev, at) => rev - (revs[at - 1] ?? 0))));
  console.log(`fairness: longest waits of ${WRITERS} writers, in commits of ${total}: ${waits.join(" ")}`);
  // A writer that starves comes only when the others have made all of theirs.
  expect(Math.max(...waits)).toBeLessThan(total - count);
});

test("a copy made with cp while processes write is a valid directory with all that was acknowledged before", async () => {
  const keys = Array.from({ length: 12 }, () => hashSessionId(newId()));
  const acknowledged = new Map(keys.map((key) => [key, [] as string[]]));
  let copying = true;
  const warm = Promise.withResolvers<void>();
  const writers = processes.slice(0, 3).map(async (process, place) => {
    for (let n = 0; copying; n++) {
      const key = keys[(n * 5 + place) % keys.length]!;
      const id = `w${place}-${n}`;
      await process.ask({ call: "append", key, id });
      acknowledged.get(key)!.push(id);
      if (n === 2 * keys.length) warm.resolve();
    }
  });
  await Promise.race([warm.promise, Promise.all(writers)]);
  const before = new Map([...acknowledged].map(([key, ids]) => [key, [...ids]]));
  const copy = mkdtempSync(join(tmpdir(), "holdfast-copy-"));
  try {
    await copyAsAnOperatorDoes(dataDir, copy);
    copying = false;
    await Promise.all(writers);

    const { store, damaged } = createTestStore(copy);
    for (const [key, ids] of before) {
      const record = await store.read(key);
      expect(findBrokenChain(record!.session)).toBeNull();
      const copied = messageIds(record?.session);
      expect(copied).toEqual(expect.arrayContaining(ids));
      // What one session was at one moment: the beginning of what it became.
      const live = messageIds((await createTestStore(dataDir).store.read(key))?.session);
      expect(copied).toEqual(live.slice(0, copied.length));
      expect(await store.update(key, (session) => ({ session, result: "still" }))).toMatchObject({
        result: "still",
      });
    }
    expect(damaged).toEqual([]);
    expect(readdirSync(copy)).toEqual(readdirSync(dataDir));
    // And it lives on: the copy is a volume like any other.
    for (const key of keys) {
      const { record } = await store.update(key, (session) => ({
        session: session && { ...session, title: "Restored" },
        result: null,
      }));
      expect(record).toMatchObject({ session: { title: "Restored" }, recovered: null });
    }
  } finally {
    copying = false;
    await Promise.all(writers);
    rmSync(copy, { recursive: true, force: true, maxRetries: 10 });
  }
});

/**
 * `cp -r`, and again while it complains that a revision went before it came to it: then two commits were made to
 * that session between its looking into the folder and its copying. Temporary files may go at any time.
 */
async function copyAsAnOperatorDoes(from: string, to: string) {
  for (let attempt = 1; attempt <= 10; attempt++) {
    rmSync(to, { recursive: true, force: true, maxRetries: 10 });
    mkdirSync(to);
    const complaints = await promisify(execFile)("cp", ["-r", `${from}/.`, to]).then(
      () => "",
      (error: unknown) => (error as { stderr: string }).stderr,
    );
    if (!/\d{10}\.json'/.test(complaints)) return;
    console.log(`cp, attempt ${attempt}: ${complaints.trim()}`);
  }
  throw new Error("cp found no moment at which it could copy everything.");
}
