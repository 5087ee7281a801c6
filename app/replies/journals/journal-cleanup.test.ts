import { readdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { collect, follow, lastMessage } from "../../../tests/fixtures/replies/follow-replies";
import type { TestNode } from "../../../tests/fixtures/replies/reply-node";
import { testNodes, send } from "../../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem } from "../../../tests/fixtures/store/store-file-system";

const { node } = testNodes();

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const journalsOf = ({ layout }: TestNode, key: string) =>
  readdirSync(layout.sessionFolder(key)).filter((name) => name.endsWith(".ndjson"));

/** Writes a journal, as a runner of an earlier version has it, for the running reply. */
async function writeJournal({ store, layout }: TestNode, key: string) {
  const { id } = (await store.read(key))!.session.reply!;
  writeFileSync(layout.journal(key, id, 1), "");
}

/** A reply that has settled, with a journal. */
async function settledReply(one: TestNode, key: string) {
  await one.replies.start(key, send("Hello"));
  await writeJournal(one, key);
  one.model.finish();
  await collect(await follow(one, key));
}

it("journals of earlier versions are removed some time after their reply has settled", async () => {
  const one = await node();
  const key = hashSessionId(newId());
  await settledReply(one, key);
  expect(journalsOf(one, key)).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(30_000);
  vi.useRealTimers();
  await expect.poll(() => journalsOf(one, key)).toEqual([]);
});

it("the journal of a reply that begins during the removal of old ones is kept", async () => {
  let beginAnother: (() => Promise<void>) | null = null;
  const fs = interceptedFileSystem(async (call, proceed) => {
    const result = await proceed();
    // Between the listing of the session's folder and the read of the session.
    if (call.name === "readdir" && call.path.includes("/sessions/") && beginAnother) {
      const begin = beginAnother;
      beginAnother = null;
      await begin();
    }
    return result;
  });
  const one = await node({ name: "one", fs });
  const two = await node({ dataDir: one.dataDir, name: "two" });
  const key = hashSessionId(newId());
  await settledReply(one, key);
  const [old] = journalsOf(one, key);
  const { id: last } = await lastMessage(one, key);
  const begun = Promise.withResolvers<void>();
  beginAnother = async () => {
    await two.replies.start(key, send("Again", last));
    await writeJournal(two, key);
    begun.resolve();
  };
  await vi.advanceTimersByTimeAsync(30_000);
  vi.useRealTimers();
  await begun.promise;
  await expect.poll(() => journalsOf(one, key)).not.toContain(old);
  expect(journalsOf(one, key)).toHaveLength(1);
});
