import { afterEach, expect, test, vi } from "vitest";
import type { CallEstimate } from "~/conversation/estimate-call";
import { ExpectedError } from "~/conversation/expected-error";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { StartCommand } from "~/conversation/reply/start-reply";
import { createScriptedTools } from "../../tests/fixtures/models/scripted-tools";
import { removeData, startNode, type TestNode } from "../../tests/fixtures/replies/reply-node";
import { send } from "../../tests/fixtures/replies/reply-nodes";
import type { ReplyReservation } from "./replies";

let node: TestNode;
afterEach(async () => {
  await node.replies.drain(0);
  await removeData(node);
});

function notingReservation() {
  const noted: { estimate: unknown; spent: number; over: string | null } = {
    estimate: null,
    spent: 0,
    over: null,
  };
  const reservation: ReplyReservation = {
    acquire: ({ cost }) => void (noted.estimate = cost()),
    record: ({ tokens }) => void (noted.spent += tokens),
    rollback: () => void (noted.over = "cancelled"),
    release: () => void (noted.over = "ended"),
    renew: () => undefined,
  };
  return { noted, reservation };
}

test("a reservation is acquired with the estimate of the branch, the continued text and the longest answer", async () => {
  node = await startNode();
  const key = hashSessionId(newId());
  const { noted, reservation } = notingReservation();
  // With the eight tokens that a message takes.
  const { outcome } = await node.replies.start(key, send("x".repeat(3_000)), { reservation });
  expect(noted.estimate).toEqual({
    input: { tokens: 1_008, dollars: 0 },
    most: { tokens: 1_108, dollars: 0 },
  });
  await node.model.request(0);
  node.model.text("y".repeat(600));
  node.model.finish();
  await expect.poll(() => noted.over).toBe("ended");

  if (outcome.kind !== "started") throw new Error("it was not begun");
  const again = notingReservation();
  const command: StartCommand = { kind: "continue", messageId: outcome.reply.messageId };
  await node.replies.start(key, command, { reservation: again.reservation });
  expect(again.noted.estimate).toMatchObject({ input: { tokens: 1_208 } });
});

test("a reservation records what the reply and its title spend", async () => {
  node = await startNode({ titleModelId: "test/two" });
  const { noted, reservation } = notingReservation();
  await node.replies.start(hashSessionId(newId()), send("Hello"), { reservation });
  (await node.model.request(0)).onSpending!({ tokens: 30, dollars: 0 });
  node.model.text("Good day");
  node.model.finish();
  (await node.model.request(1)).onSpending!({ tokens: 4, dollars: 0 });
  node.model.finish();
  expect(noted.spent).toBe(34);
});

test("a reservation that refuses leaves no session and no reply", async () => {
  node = await startNode();
  const key = hashSessionId(newId());
  const { noted, reservation } = notingReservation();
  const refusing = {
    ...reservation,
    acquire() {
      throw new ExpectedError("budget_spent", "It is spent.");
    },
  };
  const refused = node.replies.start(key, send("Hello"), { reservation: refusing });
  await expect(refused).rejects.toMatchObject({ code: "budget_spent" });
  expect(noted.over).toBe("cancelled");
  expect(await node.store.read(key)).toBeNull();
});

test("a takeover acquires a reservation for the remaining cost of the reply", async () => {
  node = await startNode();
  const key = hashSessionId(newId());
  const { outcome } = await node.replies.start(key, send("x".repeat(3_000)));
  await node.model.request(0);
  await node.replies.drain(0);
  const { noted, reservation } = notingReservation();
  let adopted = "";
  node = await startNode({
    dataDir: node.dataDir,
    adopt: (replyId) => {
      adopted = replyId;
      return Promise.resolve(reservation);
    },
  });
  await node.replies.read(key);
  (await node.model.request(0)).onSpending!({ tokens: 30, dollars: 0 });
  expect(adopted).toBe(outcome.kind === "started" && outcome.reply.id);
  expect(noted).toMatchObject({ estimate: { most: { tokens: 1_108 } }, spent: 30, over: null });
  node.model.finish();
  await expect.poll(() => noted.over).toBe("ended");
});

test("a reply that is taken over after the budget is spent is settled with its words and the reason", async () => {
  node = await startNode();
  const key = hashSessionId(newId());
  await node.replies.start(key, send("Hello"));
  node.model.text("so far");
  await node.model.request(0);
  await node.replies.drain(0);
  const refused = {
    ...notingReservation().reservation,
    acquire() {
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

test("a reply is not taken over while usage is unknown, and its session can be read", async () => {
  node = await startNode();
  const key = hashSessionId(newId());
  await node.replies.start(key, send("Hello"));
  await node.model.request(0);
  await node.replies.drain(0);
  const unknown = () => Promise.reject(new ExpectedError("volume_unavailable", "It does not answer."));
  node = await startNode({ dataDir: node.dataDir, adopt: unknown });
  expect((await node.replies.read(key))?.session.reply).toMatchObject({ epoch: 1 });
  expect(node.model.requests).toEqual([]);
});

test("each further step reserves before its model is asked, with its calls and tools; a refusal ends the reply", async () => {
  const tools = createScriptedTools();
  node = await startNode({ tools });
  const key = hashSessionId(newId());
  const renewed: CallEstimate[] = [];
  const reservation: ReplyReservation = {
    ...notingReservation().reservation,
    renew(cost) {
      renewed.push(cost());
      if (renewed.length > 1) throw new ExpectedError("budget_spent", "It is spent.");
    },
  };
  await node.replies.start(key, send("Hello"), { reservation });
  for (const [step] of [0, 1].entries()) {
    await node.model.request(step);
    node.model.say(
      { type: "tool-input-available", toolCallId: "1", toolName: "files_read", input: {}, dynamic: true },
      { type: "finish", finishReason: "tool-calls" },
    );
    (await tools.call(step)).answer("x".repeat(3_000));
  }
  const session = await vi.waitUntil(async () => {
    const record = await node.store.read(key);
    return record && !record.session.reply ? record.session : null;
  });
  expect(session.messages.at(-1)).toMatchObject({
    parts: [
      { type: "dynamic-tool", state: "output-available" },
      { type: "step-start" },
      { type: "dynamic-tool", state: "output-available" },
    ],
    metadata: { status: "interrupted", error: { code: "budget_spent", message: "It is spent." } },
  });
  expect(node.model.requests).toHaveLength(2);
  const [first, second] = renewed.map(({ input }) => input.tokens);
  expect(first).toBeGreaterThan(1_000);
  expect(second).toBeGreaterThan(2_000);
});
