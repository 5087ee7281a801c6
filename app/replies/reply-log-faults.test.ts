import { afterEach, describe, expect, it, vi } from "vitest";
import type { FileSystem } from "~/store/volume/volume";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import {
  chunksIn,
  collect,
  follow,
  lastMessage,
  textIn,
  untilText,
} from "../../tests/fixtures/replies/follow-replies";
import { fakeTimers, whileTimePasses } from "../../tests/fixtures/passing-time";
import { segmentsOf } from "../../tests/fixtures/replies/reply-log-files";
import type { TestNode } from "../../tests/fixtures/replies/reply-node";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import {
  interceptedFileSystem,
  settlingFileSystem,
  systemError,
} from "../../tests/fixtures/store/store-file-system";

const { node } = testNodes();

afterEach(() => void vi.useRealTimers());

/** A node on which one append fails on demand: before or after its effect. */
async function nodeThatFails(when: "before" | "after") {
  const state = { isFailing: false };
  const fs = interceptedFileSystem(async (call, proceed) => {
    if (call.name !== "append" || !call.path.endsWith(".ndjson") || !state.isFailing) return proceed();
    state.isFailing = false;
    if (when === "after") await proceed();
    throw systemError("EIO", call);
  });
  return { one: await node({ name: "one", fs }), failNext: () => (state.isFailing = true) };
}

describe("a reply whose append to the log fails", () => {
  it.each(["before", "after"] as const)(
    "%s its bytes were written goes on by itself in a new segment, on all nodes without a word twice",
    async (when) => {
      const { one, failNext } = await nodeThatFails(when);
      const two = await node({ name: "two", dataDir: one.dataDir });
      const key = hashSessionId(newId());
      await one.replies.start(key, send("Hello"));
      const followers = [await follow(one, key), await follow(two, key)];
      one.model.text("Good ");
      const heard = await Promise.all(followers.map((events) => untilText(events, "Good ")));
      failNext();
      one.model.text("day, ");
      await Promise.all(followers.map((events, index) => untilText(events, "Good day, ", heard[index])));
      expect(segmentsOf(one)).toHaveLength(2);
      one.model.text("friend");
      one.model.finish();
      const rest = await Promise.all(followers.map(collect));
      for (const [index, events] of rest.entries())
        expect(textIn([...heard[index]!, ...chunksIn(events)])).toBe("Good day, friend");
      expect(await lastMessage(one, key)).toMatchObject({
        parts: [{ text: "Good day, friend" }],
        metadata: { status: "complete" },
      });
      expect(one.model.requests).toHaveLength(1);
      const messages = one.logged.map(({ message }) => message);
      expect(messages).toContain("the reply log could not be written: trying again");
      expect(messages).toContain("the reply log is written again");
    },
  );

  it("at its first line begins all the same, and goes on without followers", async () => {
    const { one, failNext } = await nodeThatFails("before");
    const key = hashSessionId(newId());
    failNext();
    await one.replies.start(key, send("Hello"));
    one.model.text("Good day");
    one.model.finish();
    await expect.poll(async () => (await lastMessage(one, key)).metadata.status).toBe("complete");
    expect(one.model.requests).toHaveLength(1);
  });

  it("too often is left to a takeover, whose words are not mixed with those that could not be written", async () => {
    let isFailing = true;
    const { fs, settled } = settlingFileSystem(async (call, proceed) => {
      if (isFailing && call.name === "append" && call.path.endsWith(".ndjson"))
        throw systemError("EIO", call);
      return proceed();
    });
    const one = await node({ name: "one", fs });
    const two = await node({ name: "two", dataDir: one.dataDir, fs });
    const key = hashSessionId(newId());
    fakeTimers();
    await one.replies.start(key, send("Hello"));
    one.model.text("Words that nobody has seen");
    await whileTimePasses(settled, one.model.request(1));
    isFailing = false;
    one.model.text("Good day");
    const hear = async (each: TestNode) => textIn(await untilText(await follow(each, key), "Good day"));
    for (const each of [one, two]) expect(await whileTimePasses(settled, hear(each))).toBe("Good day");
    const three = await node({
      name: "three",
      dataDir: one.dataDir,
      fs,
      isDead: (other) => other === one.instance,
    });
    await whileTimePasses(settled, three.replies.read(key));
    expect((await three.model.request(0)).continueFrom).toBe("Good day");
  });

  /** A node with a reply that has said `text`, and has no followers. */
  async function nodeThatSaid(text: string, fs: FileSystem) {
    const one = await node({ name: "one", fs });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    one.model.text(text);
    const events = await follow(one, key);
    await untilText(events, text);
    await events.return(undefined);
    return one;
  }

  async function logged(one: TestNode, line: string) {
    while (!one.logged.some(({ message }) => message === line)) await new Promise(setImmediate);
  }

  it("on a full volume goes on by itself once there is room, without followers", async () => {
    let isFull = false;
    const { fs, settled } = settlingFileSystem(async (call, proceed) => {
      const isWrite = call.name === "append" || (call.name === "write" && call.path.endsWith(".tmp"));
      if (isFull && isWrite) throw systemError("ENOSPC", call);
      return proceed();
    });
    fakeTimers();
    const one = await whileTimePasses(settled, nodeThatSaid("Good ", fs));
    isFull = true;
    one.model.text("day");
    await whileTimePasses(settled, logged(one, "a reply could not be taken over for now"));
    isFull = false;
    const { continueFrom } = await whileTimePasses(settled, one.model.request(1));
    expect(continueFrom).toMatch(/^Good (day)?$/);
  });

  it("on a volume that cannot be read either goes on by itself once it can, without followers", async () => {
    let isAway = false;
    const { fs, settled } = settlingFileSystem(async (call, proceed) => {
      if (isAway) throw systemError("EIO", call);
      return proceed();
    });
    fakeTimers();
    const one = await whileTimePasses(settled, nodeThatSaid("Good ", fs));
    isAway = true;
    one.model.text("day");
    await whileTimePasses(settled, logged(one, "the session of an unsettled reply could not be read"));
    isAway = false;
    const { continueFrom } = await whileTimePasses(settled, one.model.request(1));
    expect(continueFrom).toMatch(/^Good (day)?$/);
  });

  it("while a person stops it is stored with all that its log holds", async () => {
    const held = Promise.withResolvers<void>();
    const appended = Promise.withResolvers<void>();
    let isHeld = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !call.path.endsWith(".ndjson") || !isHeld) return proceed();
      await proceed();
      appended.resolve();
      await held.promise;
      throw systemError("EIO", call);
    });
    const one = await node({ fs });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("Good ");
    await untilText(events, "Good ");
    isHeld = true;
    one.model.text("day");
    await appended.promise;
    await one.replies.stop(key);
    held.resolve();
    await expect
      .poll(() => lastMessage(one, key))
      .toMatchObject({ parts: [{ text: "Good day" }], metadata: { status: "stopped" } });
    expect(one.model.requests).toHaveLength(1);
  });
});

it("an answer whose words could not be encrypted goes on where they end, and is not stored without them", async () => {
  const [keys, sessionId] = [createEncryptionKeys(), newId()];
  let isFailing = false;
  const keyFor: typeof keys.keyFor = (hash, use) => {
    if (isFailing && use === "journal") throw new KeyNotHeld("a bug");
    return keys.keyFor(hash, use);
  };
  const one = await node({ keys: { ...keys, keyFor } });
  const { key } = keys.hold(sessionId);
  await one.replies.start(key, send("Hello"));
  one.model.text("so far, ");
  await untilText(await follow(one, key), "so far, ");
  isFailing = true;
  one.model.text("so good");
  await expect
    .poll(() => one.logged.map(({ message }) => message))
    .toContain("the words of a reply cannot be written");
  isFailing = false;
  one.model.finish();
  expect((await one.model.request(1)).continueFrom).toBe("so far, ");
});
