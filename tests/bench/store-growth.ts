import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { Message, Session } from "~/conversation/session/session";
import { hashSessionId } from "~/conversation/session/session-hash";
import { revisionName } from "~/store/documents/layout";
import { checkStoredSession, parseStoredSession, type StoredSession } from "~/store/sessions/stored-session";
import { createTestStore, emptySession, KEY } from "../fixtures/store/store-conversation.ts";
import { interceptedFileSystem } from "../fixtures/store/store-file-system.ts";

/**
 * What a one-line change costs as a conversation grows, and where the time goes; then what it costs as there are
 * more and more other conversations on the volume. Milliseconds, medians:
 * `npm run bench:growth -- [--rounds 15] [--sessions 1000000] [--dir FOLDER]`
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    /** The most conversations that are made. A million take some minutes and 8 GB. */
    sessions: { type: "string", default: "10000" },
    dir: { type: "string", default: tmpdir() },
  },
});
const rounds = Number(values.rounds);

console.table(Object.fromEntries(await collect([10, 100, 1_000, 10_000])));
console.table(await besideOthers([1, 100, 10_000, 100_000, 1_000_000]));

/** The cost of a commit to one conversation, and of a read of it, beside so many others. */
async function besideOthers(counts: number[]): Promise<Record<string, Record<string, number>>> {
  const dataDir = mkdtempSync(join(values.dir, "holdfast-growth-"));
  const { store, layout } = createTestStore(dataDir);
  const file = Buffer.from(JSON.stringify({ format: 1, rev: 1 }));
  const rows: Record<string, Record<string, number>> = {};
  let made = 0;
  for (const count of counts.filter((each) => each <= Number(values.sessions))) {
    for (; made < count; made++) {
      const folder = layout.sessionFolder(hashSessionId(`other ${made}`));
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, revisionName(1)), file);
    }
    const commits: number[] = [];
    const reads: number[] = [];
    for (let round = 0; round < 10 * rounds; round++) {
      // A conversation of its own each time: one that nobody has in memory.
      const key = hashSessionId(`own ${count} ${round}`);
      await store.update(key, () => ({ session: emptySession(), result: null }));
      commits.push(
        await timed(() =>
          store.update(key, (session) => ({
            session: session && { ...session, title: "Another" },
            result: null,
          })),
        ),
      );
      reads.push(await timed(() => store.read(key)));
    }
    rows[`${count} sessions`] = { commit: median(commits), read: median(reads) };
  }
  rmSync(dataDir, { recursive: true });
  return rows;
}

async function collect(sizes: number[]): Promise<[string, Record<string, number>][]> {
  const rows: [string, Record<string, number>][] = [];
  for (const size of sizes) rows.push([`${size} messages`, await measure(size)]);
  return rows;
}

async function measure(messages: number) {
  const dataDir = mkdtempSync(join(values.dir, "holdfast-growth-"));
  const files = { ms: 0, calls: 0 };
  const fs = interceptedFileSystem(async (call, proceed) => {
    const start = performance.now();
    try {
      return await proceed();
    } finally {
      // What goes on at the same time as the unlinks and the last sync is not counted twice.
      if (call.name !== "unlink") files.ms += performance.now() - start;
      files.calls += 1;
    }
  });
  const { store, layout } = createTestStore(dataDir, { fs });
  const long: Session = { ...emptySession(), ...conversation(messages) };
  await store.update(KEY, () => ({ session: long, result: null }));

  const commits: number[] = [];
  const reads: number[] = [];
  const onFiles: number[] = [];
  for (let round = 0; round < rounds; round++) {
    files.ms = 0;
    files.calls = 0;
    commits.push(
      await timed(() =>
        store.update(KEY, (session) => ({
          session: session && {
            ...session,
            settings: { ...session.settings, instructions: `Round ${round}.` },
          },
          result: null,
        })),
      ),
    );
    onFiles.push(files.ms);
    reads.push(await timed(() => store.read(KEY)));
  }
  const path = join(layout.sessionFolder(KEY), revisionName(rounds + 1));
  const bytes = readFileSync(path);
  const rev = Number.parseInt(basename(path), 10);
  const text = bytes.toString();
  const parsed = parseStoredSession(bytes, rev);
  if (parsed.kind !== "whole") throw new Error("The session that was measured is not whole.");
  const changed: StoredSession = { ...parsed.document, title: "Another" };
  const row = {
    KiB: Math.round(bytes.length / 1024),
    commit: median(commits),
    "of it files": median(onFiles),
    read: median(reads),
    "JSON.parse": median(await repeated(() => JSON.parse(text) as unknown)),
    "parse and schema": median(await repeated(() => parseStoredSession(bytes, rev))),
    check: median(await repeated(() => checkStoredSession(changed, parsed.document))),
    stringify: median(await repeated(() => JSON.stringify(changed))),
    calls: files.calls,
  };
  rmSync(dataDir, { recursive: true });
  return row;
}

function conversation(count: number): Pick<Session, "messages" | "head"> {
  const createdAt = "2026-01-02T03:04:05.000Z";
  const words = "Durable before visible, and a word that was said is there for good. ";
  const messages: Message[] = [];
  for (let n = 0; n < count; n++) {
    const parentId = n === 0 ? null : `message-${n - 1}`;
    messages.push(
      n % 2 === 0
        ? {
            id: `message-${n}`,
            parentId,
            role: "user",
            parts: [{ type: "text", text: words.repeat(2) }],
            metadata: { createdAt },
          }
        : {
            id: `message-${n}`,
            parentId: parentId!,
            role: "assistant",
            parts: [{ type: "text", text: words.repeat(12) }],
            metadata: {
              status: "complete",
              modelId: "demo/demo",
              node: "node.boot",
              createdAt,
              finishedAt: createdAt,
              usage: { inputTokens: 20, outputTokens: 200 },
            },
          },
    );
  }
  return { messages, head: `message-${count - 1}` };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function repeated(work: () => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(() => Promise.resolve(work())));
  return times;
}

function median(times: number[]): number {
  return Number([...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!.toFixed(2));
}
