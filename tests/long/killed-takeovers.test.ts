import { expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { AssistantMessage } from "~/conversation/session/session";
import { removeData } from "../fixtures/replies/reply-node";
import { send } from "../fixtures/replies/reply-nodes";
import { createSpendingFleet, type SpendingNode } from "../fixtures/load/spending-fleet";
import { temporaryFolder } from "../fixtures/store/temporary-folder";

const NOTHING_HELD = { held: 0, heldByAddress: 0, replies: 0 };

/** Lets a node run until it is killed, or has done all; then it is dead. */
async function untilKilled(node: SpendingNode, work: () => Promise<unknown>): Promise<void> {
  await Promise.race([node.killed, work()]);
  await node.kill();
}

/** A reply that the first node begins, the second takes over and the third ends; the first two are killed. */
async function killTwice(kill: { first: number; second: number; isDone: boolean }) {
  const dataDir = temporaryFolder();
  const { start, time } = createSpendingFleet(dataDir);
  const key = hashSessionId(newId());
  /** What a node has counted and written down, at least. */
  let written = 0;
  let counted = 0;
  let isOwnerKnown = false;

  const spend = async (node: SpendingNode, tokens: number) => {
    await node.spend(0, tokens);
    counted += tokens;
    await node.usage.flush();
    written += tokens;
  };

  const first = await start("first", { killAt: kill.first, isDone: kill.isDone });
  await untilKilled(first, async () => {
    const reservation = await first.reserve(key);
    await first.replies.start(key, send("Hello"), { reservation });
    await first.usage.flush();
    isOwnerKnown = true;
    first.model.text("One");
    await spend(first, 100);
    await spend(first, 20);
  });
  time.freeze(60_000);

  const second = await start("second", { killAt: kill.second, isDone: kill.isDone });
  await untilKilled(second, async () => {
    if (!(await second.replies.read(key))?.session.reply) return;
    second.model.text(", two");
    await spend(second, 40);
  });
  time.freeze(60_000);

  const third = await start("third");
  const session = (await third.replies.read(key))?.session;
  if (session?.reply) {
    await spend(third, 7);
    third.model.text(", three");
    third.model.finish();
    const isSettled = async () => (await third.store.read(key))!.session.reply === null;
    await expect.poll(isSettled, { interval: 1 }).toBe(true);
  }
  return {
    third,
    key,
    written,
    counted,
    isOwnerKnown,
    calls: { first: first.calls(), second: second.calls() },
  };
}

async function expectRight({
  third,
  key,
  written,
  counted,
  isOwnerKnown,
}: Awaited<ReturnType<typeof killTwice>>) {
  // All that was reserved is released once the reply has ended.
  await expect.poll(() => third.money(), { interval: 1 }).toMatchObject(NOTHING_HELD);
  await third.usage.flush();
  const { spent, spentByAddress } = third.money();
  if (isOwnerKnown) expect(spentByAddress).toBe(spent);
  // A node that is killed loses at most what it had not yet written.
  expect(spent).toBeGreaterThanOrEqual(written);
  expect(spent).toBeLessThanOrEqual(counted);

  const before = (await third.store.read(key))?.session;
  const answer = before?.messages.at(-1) as AssistantMessage | undefined;
  if (before) expect(answer).toMatchObject({ role: "assistant", metadata: { status: "complete" } });
  const asked = third.model.requests.length;
  await third.replies.start(key, send("Go on", before?.head ?? null), {
    reservation: await third.reserve(key),
  });
  await third.model.request(asked);
  third.model.text("Yes");
  third.model.finish();
  await expect.poll(() => third.money(), { interval: 1 }).toMatchObject(NOTHING_HELD);
  expect((await third.store.read(key))!.session.messages.at(-1)).toMatchObject({
    parts: [{ text: "Yes" }],
    metadata: { status: "complete" },
  });
}

test("two nodes that are killed at any instruction leave a budget that is right, and a conversation that goes on", async () => {
  const whole = await killTwice({ first: Infinity, second: Infinity, isDone: false });
  await expectRight(whole);
  await removeData(whole.third);
  const { first, second } = whole.calls;
  expect(Math.min(first, second)).toBeGreaterThan(20);
  for (let at = 0; at < Math.max(first, second); at++) {
    const isDone = at % 2 === 0;
    for (const kill of [
      { first: at, second: Infinity, isDone },
      { first: Infinity, second: at, isDone: !isDone },
      { first: (at * 7) % first, second: (at * 5) % second, isDone },
    ]) {
      const history = await killTwice(kill);
      await expectRight(history).catch((error: unknown) => {
        throw new Error(`killed at ${JSON.stringify(kill)}`, { cause: error });
      });
      await history.third.replies.drain(0);
      await removeData(history.third);
    }
  }
}, 300_000);
