import { afterEach, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { newId, sessionKey } from "~/conversation/session-id";
import type { StartCommand } from "~/conversation/start-reply";
import { removeData, startNode, type TestNode } from "../../tests/fixtures/reply-node";
import type { ReplyPermit } from "./replies";

let node: TestNode;
afterEach(async () => {
  await node.replies.drain(0);
  await removeData(node);
});

function notingPermit() {
  const told: { estimate: unknown; spent: number; over: string | null } = {
    estimate: null,
    spent: 0,
    over: null,
  };
  const permit: ReplyPermit = {
    take: ({ cost }) => void (told.estimate = cost()),
    spent: ({ tokens }) => void (told.spent += tokens),
    cancel: () => void (told.over = "cancelled"),
    end: () => void (told.over = "ended"),
  };
  return { told, permit };
}

function send(text: string, parentId: string | null = null): StartCommand {
  return { kind: "send", message: { id: newId(), parts: [{ type: "text", text }] }, parentId };
}

test("a permit is told what the reply may cost: the branch, what it continues, and the longest answer", async () => {
  node = await startNode();
  const key = sessionKey(newId());
  const { told, permit } = notingPermit();
  // With the eight tokens that a message takes.
  const { outcome } = await node.replies.start(key, send("x".repeat(3_000)), { permit });
  expect(told.estimate).toEqual({
    input: { tokens: 1_008, dollars: 0 },
    most: { tokens: 1_108, dollars: 0 },
  });
  await node.model.request(0);
  node.model.text("y".repeat(600));
  node.model.finish();
  await expect.poll(() => told.over).toBe("ended");

  if (outcome.kind !== "started") throw new Error("it was not begun");
  const again = notingPermit();
  const command: StartCommand = { kind: "continue", messageId: outcome.reply.messageId };
  await node.replies.start(key, command, { permit: again.permit });
  expect(again.told.estimate).toMatchObject({ input: { tokens: 1_208 } });
});

test("a permit is told what the reply costs, and its title", async () => {
  node = await startNode({ titleModelId: "test/two" });
  const { told, permit } = notingPermit();
  await node.replies.start(sessionKey(newId()), send("Hello"), { permit });
  (await node.model.request(0)).spent!({ tokens: 30, dollars: 0 });
  node.model.text("Good day");
  node.model.finish();
  (await node.model.request(1)).spent!({ tokens: 4, dollars: 0 });
  node.model.finish();
  expect(told.spent).toBe(34);
});

test("a permit that refuses leaves nothing behind", async () => {
  node = await startNode();
  const key = sessionKey(newId());
  const { told, permit } = notingPermit();
  const refusing = {
    ...permit,
    take() {
      throw new ExpectedError("budget_spent", "It is spent.");
    },
  };
  const refused = node.replies.start(key, send("Hello"), { permit: refusing });
  await expect(refused).rejects.toMatchObject({ code: "budget_spent" });
  expect(told.over).toBe("cancelled");
  expect(await node.store.read(key)).toBeNull();
});

test("a reply that is taken over takes a permit of its own, for what it has yet to cost", async () => {
  node = await startNode();
  const key = sessionKey(newId());
  const { outcome } = await node.replies.start(key, send("x".repeat(3_000)));
  await node.model.request(0);
  await node.replies.drain(0);
  const { told, permit } = notingPermit();
  let adopted = "";
  node = await startNode({
    dataDir: node.dataDir,
    adopt: (replyId) => {
      adopted = replyId;
      return Promise.resolve(permit);
    },
  });
  await node.replies.read(key);
  (await node.model.request(0)).spent!({ tokens: 30, dollars: 0 });
  expect(adopted).toBe(outcome.kind === "started" && outcome.reply.id);
  expect(told).toMatchObject({ estimate: { most: { tokens: 1_108 } }, spent: 30, over: null });
  node.model.finish();
  await expect.poll(() => told.over).toBe("ended");
});

test("a reply that is taken over when the budget is spent is kept as it is, and says why", async () => {
  node = await startNode();
  const key = sessionKey(newId());
  await node.replies.start(key, send("Hello"));
  node.model.text("so far");
  await node.model.request(0);
  await node.replies.drain(0);
  const refused = {
    ...notingPermit().permit,
    take() {
      throw new ExpectedError("budget_spent", "It is spent.");
    },
  };
  node = await startNode({ dataDir: node.dataDir, adopt: () => Promise.resolve(refused) });
  const record = await node.replies.read(key);
  expect(record?.session.reply).toBeNull();
  expect(record?.session.messages.at(-1)).toMatchObject({
    metadata: { status: "interrupted", error: { code: "budget_spent" } },
  });
  expect(node.model.requests).toEqual([]);
});

test("a reply is not taken over while nobody can tell what may be spent, and its session can be read", async () => {
  node = await startNode();
  const key = sessionKey(newId());
  await node.replies.start(key, send("Hello"));
  await node.model.request(0);
  await node.replies.drain(0);
  const unknown = () => Promise.reject(new ExpectedError("volume_unavailable", "It does not answer."));
  node = await startNode({ dataDir: node.dataDir, adopt: unknown });
  expect((await node.replies.read(key))?.session.reply).toMatchObject({ epoch: 1 });
  expect(node.model.requests).toEqual([]);
});
