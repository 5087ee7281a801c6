import { expect, it } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { collect, follow, lastMessage } from "../../tests/fixtures/replies/follow-replies";
import type { TestNode } from "../../tests/fixtures/replies/reply-node";
import { send, testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem, systemError } from "../../tests/fixtures/store/store-file-system";

const { node } = testNodes();

/** A node whose first commit is made, but whose answer is lost after `act`: only its next read shows the commit. */
function nodeThatLearnsLate(act: () => Promise<unknown>, options: Parameters<typeof node>[0] = {}) {
  let hasActed = false;
  const fs = interceptedFileSystem(async (call, proceed) => {
    const result = await proceed();
    if (hasActed || call.name !== "link" || !/\d{10}\.json$/.test(call.to ?? "")) return result;
    hasActed = true;
    await act();
    throw systemError("EIO", call);
  });
  return node({ ...options, fs });
}

it("a reply that was stopped before its node knew that it was committed is stopped", async () => {
  const key = hashSessionId(newId());
  const one = await nodeThatLearnsLate(() => two.replies.stop(key), { name: "one" });
  const two: TestNode = await node({ name: "two", dataDir: one.dataDir });
  await one.replies.start(key, send("Hello"));
  await expect.poll(async () => (await two.store.read(key))?.session.reply).toBeNull();
  expect(await lastMessage(two, key)).toMatchObject({ metadata: { status: "stopped" } });
});

it("a reply whose commit was made, but could not be confirmed, goes on without another request", async () => {
  let state: "before" | "away" | "after" = "before";
  const fs = interceptedFileSystem(async (call, proceed) => {
    const result = state === "away" ? null : await proceed();
    if (state === "before" && call.name === "link" && /\d{10}\.json$/.test(call.to ?? "")) state = "away";
    if (state === "away") throw systemError("EIO", call);
    return result;
  });
  const one = await node({ fs });
  const key = hashSessionId(newId());
  const starting = one.replies.start(key, send("Hello"));
  await expect(starting).rejects.toMatchObject({ code: "volume_unavailable" });
  state = "after";
  await one.model.request(1);
  await one.model.request(1);
  expect((await one.store.read(key))?.session.reply).toMatchObject({ node: one.instance });
});

/** Lets a reply end that runs on one node, and expects that another one does not run it. */
async function expectRunsOnlyOn(runner: TestNode, other: TestNode, key: string) {
  await expect.poll(() => other.replies.active()).toBe(0);
  const events = await follow(other, key);
  runner.model.text("of the living");
  runner.model.finish();
  await collect(events);
  expect(await lastMessage(other, key)).toMatchObject({ parts: [{ text: "of the living" }] });
}

it("a reply that was taken over before its node knew that it was committed ends on that node", async () => {
  const key = hashSessionId(newId());
  const one = await nodeThatLearnsLate(() => two.replies.read(key), { name: "one" });
  const isDead = (instance: string) => instance === one.instance;
  const two: TestNode = await node({ name: "two", dataDir: one.dataDir, isDead });
  await one.replies.start(key, send("Hello"));
  await expectRunsOnlyOn(two, one, key);
});

it("a takeover after which another node has taken over does not begin", async () => {
  const key = hashSessionId(newId());
  const one = await node({ name: "one" });
  const { dataDir } = one;
  await one.replies.start(key, send("Hello"));
  const two = await nodeThatLearnsLate(() => three.replies.read(key), {
    name: "two",
    dataDir,
    isDead: (instance) => instance === one.instance,
  });
  const three: TestNode = await node({
    name: "three",
    dataDir,
    isDead: (instance) => instance !== three.instance,
  });
  await two.replies.read(key);
  await expectRunsOnlyOn(three, two, key);
});
