import { describe, expect, it } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { AssistantMessage } from "~/conversation/session/session";
import { type TestNode } from "../../tests/fixtures/replies/reply-node";
import { segmentsOf } from "../../tests/fixtures/replies/reply-log-files";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import {
  interceptedFileSystem,
  systemError,
  type FileCall,
} from "../../tests/fixtures/store/store-file-system";

const { node } = testNodes();

const never = new AbortController().signal;
const SEEN = "words that a person has seen";

async function follow({ replies }: TestNode, key: string) {
  const events = await replies.follow(key, { cursor: null, watch: false, signal: never });
  if (!events) throw new Error("nothing to follow");
  return events;
}

/** Reads a stream until it has said `text`; to its end without one. */
async function textOf(events: Awaited<ReturnType<typeof follow>>, text?: string): Promise<string> {
  const chunks: ReplyChunk[] = [];
  const said = () => plainText(chunks.reduce(applyChunk, EMPTY_REPLY).parts);
  while (said() !== text) {
    const { value, done } = await events.next();
    if (done) break;
    if (value.type === "chunk") chunks.push(value.chunk);
  }
  return said();
}

/** A reply that has said `SEEN`, whose runner is as good as dead to its successors. */
async function cutReply() {
  const before = await node();
  const key = hashSessionId(newId());
  await before.replies.start(key, send("Hello"));
  before.model.text(SEEN);
  await textOf(await follow(before, key), SEEN);
  return { before, key };
}

/** A node on whose volume calls fail while `fails` says so. */
async function nodeThatFails(
  dataDir: string,
  code: string,
  fails: (call: FileCall) => boolean,
  onCall: (call: FileCall) => void = () => {},
) {
  const fs = interceptedFileSystem(async (call, proceed) => {
    if (fails(call)) throw systemError(code, call);
    const result = await proceed();
    onCall(call);
    return result;
  });
  return node({ dataDir, fs });
}

const isLog = ({ name, path }: FileCall) => name === "open" && path.endsWith(".ndjson");
const isNote = ({ name, path }: FileCall) => name === "open" && path.endsWith(".note");

async function replyOf({ store }: TestNode, key: string) {
  return (await store.read(key))?.session.reply;
}

/** Lets a reply end, and expects it whole. */
async function expectWhole(after: TestNode, key: string) {
  await after.model.request(0);
  const events = await follow(after, key);
  after.model.text(", and more");
  after.model.finish();
  expect(await textOf(events)).toBe(`${SEEN}, and more`);
  const message = (await after.store.read(key))?.session.messages.at(-1) as AssistantMessage;
  expect(message).toMatchObject({
    parts: [{ text: `${SEEN}, and more` }],
    metadata: { status: "complete" },
  });
}

describe("a takeover that cannot read the earlier chunks", () => {
  it.each(["EIO", "ESTALE", "EACCES", "EMFILE", "ENFILE", "ETIMEDOUT", "ENOMEM"])(
    "is refused with volume_unavailable at each %s, and has not begun",
    async (code) => {
      const { before, key } = await cutReply();
      let isFailing = true;
      const after = await nodeThatFails(before.dataDir, code, (call) => isFailing && isLog(call));
      for (let attempt = 0; attempt < 6; attempt++) {
        await expect(after.replies.read(key)).rejects.toMatchObject({ code: "volume_unavailable" });
      }
      await expect(after.replies.start(key, send("Again"))).rejects.toMatchObject({
        code: "volume_unavailable",
      });
      expect(await replyOf(before, key)).toMatchObject({ epoch: 1, node: before.instance });
      isFailing = false;
      await after.replies.read(key);
      expect(await replyOf(after, key)).toMatchObject({ epoch: 2, node: after.instance });
      await expectWhole(after, key);
    },
  );

  it.each([
    ["they cannot be read", isLog],
    ["no note can be left for the old runner", isNote],
  ])(
    "after its commit, because %s, begins at the same epoch once the volume answers",
    async (_, isFailing) => {
      const { before, key } = await cutReply();
      let isTaken = false;
      let faults = 0;
      const after = await nodeThatFails(
        before.dataDir,
        "EIO",
        (call) => isTaken && isFailing(call) && faults++ < 3,
        ({ name, to }) => (isTaken ||= name === "link" && /\d{10}\.json$/.test(to ?? "")),
      );
      await expect(after.replies.read(key)).rejects.toMatchObject({ code: "volume_unavailable" });
      // Without another request.
      await after.model.request(0);
      expect(faults).toBeGreaterThan(2);
      expect(await replyOf(after, key)).toMatchObject({ epoch: 2, node: after.instance });
      await expectWhole(after, key);
    },
  );

  it("loses no chunk that the old runner has shown between the two reads", async () => {
    const { before, key } = await cutReply();
    let isShown = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (!isShown && call.name === "link" && /\d{10}\.json$/.test(call.to ?? "")) {
        isShown = true;
        before.model.text(" and the last of them");
        await textOf(await follow(before, key), `${SEEN} and the last of them`);
      }
      return proceed();
    });
    const after = await node({ dataDir: before.dataDir, fs });
    await after.replies.read(key);
    expect(isShown).toBe(true);
    expect((await after.model.request(0)).continueFrom).toBe(`${SEEN} and the last of them`);
  });
});

it("a session whose reply cannot be taken over because the volume is full can be read", async () => {
  const { before, key } = await cutReply();
  let isFull = true;
  const after = await nodeThatFails(
    before.dataDir,
    "ENOSPC",
    ({ name, path }) => isFull && name === "write" && path.endsWith(".tmp"),
  );
  for (let attempt = 0; attempt < 6; attempt++) {
    expect((await after.replies.read(key))?.session.messages).toHaveLength(1);
  }
  isFull = false;
  await after.replies.read(key);
  await expectWhole(after, key);
});

it("a reply whose stop was requested before its node died is settled without a model request", async () => {
  const { before, key } = await cutReply();
  await before.store.update(key, (session) => ({
    session: session && { ...session, reply: { ...session.reply!, stopRequested: true } },
    result: null,
  }));
  const after = await node({ dataDir: before.dataDir });
  const record = await after.replies.read(key);
  expect(record?.session.reply).toBeNull();
  expect(record?.session.messages.at(-1)).toMatchObject({
    parts: [{ text: SEEN }],
    metadata: { status: "stopped" },
  });
  expect(after.model.requests).toEqual([]);
  expect(segmentsOf(after).filter(({ text }) => /^\[/m.test(text))).toEqual([]);
});

it.each([
  ["that was to stop", () => ({ stopRequested: true }), "stopped"],
  [
    "that has had all its fruitless takeovers",
    (node: string) => ({ node, progress: { length: SEEN.length, fruitless: 2 } }),
    "interrupted",
  ],
])(
  "a reply %s is settled by the next node where one dies between the two commits of a takeover",
  async (_, how, status) => {
    const { before, key } = await cutReply();
    // So that it does not obey itself.
    await before.replies.drain(0);
    await before.store.update(key, (session) => ({
      session: session && { ...session, reply: { ...session.reply!, ...how(before.instance) } },
      result: null,
    }));
    const epoch = (await replyOf(before, key))!.epoch;
    let isDead = false;
    const dying = await nodeThatFails(
      before.dataDir,
      "EIO",
      () => isDead,
      ({ name, to }) => (isDead ||= name === "link" && /\d{10}\.json$/.test(to ?? "")),
    );
    await dying.replies.read(key).catch(() => undefined);
    expect(await replyOf(before, key)).toMatchObject({ epoch: epoch + 1, node: dying.instance });

    const after = await node({ dataDir: before.dataDir });
    const record = await after.replies.read(key);
    expect(record?.session.reply).toBeNull();
    expect(record?.session.messages.at(-1)).toMatchObject({ parts: [{ text: SEEN }], metadata: { status } });
    expect([...dying.model.requests, ...after.model.requests]).toEqual([]);
  },
);
