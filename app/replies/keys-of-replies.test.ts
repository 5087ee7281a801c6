import { afterEach, expect, it, vi } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import { chunksIn, collect, textIn, untilText } from "../../tests/fixtures/replies/follow-replies";
import { notesFor, segmentsOf } from "../../tests/fixtures/replies/reply-log-files";
import { send, testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem } from "../../tests/fixtures/store/store-file-system";
import { filesIn } from "../../tests/fixtures/store/stored-files";
import type { FollowEvent } from "./following/follow-session";

const nodes = testNodes();

/** A node that encrypts, and knows the keys of sessions only while something holds them. */
async function node(options: Omit<Parameters<typeof nodes.node>[0] & object, "keys"> = {}) {
  const keys = createEncryptionKeys();
  const started = await nodes.node({ ...options, keys });
  return {
    ...started,
    keys,
    isHeld(sessionId: string) {
      try {
        return keys.keyFor(hashSessionId(sessionId), "session") !== null;
      } catch (error) {
        expect(error).toBeInstanceOf(KeyNotHeld);
        return false;
      }
    },
    /** As requests do, which bring the id of their session and take it away again. */
    ask: (sessionId: string) =>
      keys.during(sessionId, (key) => started.replies.start(key, send("What may nobody read?"))),
    follow: (sessionId: string, { watch = false, signal = never } = {}) =>
      keys.during(sessionId, (key) => started.replies.follow(key, { cursor: null, watch, signal })),
    read: (sessionId: string) => keys.during(sessionId, (key) => started.store.read(key)),
    messages: () => started.logged.map(({ message }) => message),
  };
}

const never = new AbortController().signal;

afterEach(() => void vi.useRealTimers());

async function untilDone(events: AsyncGenerator<FollowEvent> | null) {
  while ((await events!.next()).value?.type !== "done");
}

it("an encrypted reply is written, stored and given a title after its request was answered", async () => {
  const one = await node({ titleModelId: "test/two" });
  const sessionId = newId();
  await one.ask(sessionId);
  one.model.text("Nothing.");
  one.model.finish();
  await one.model.request(1);
  one.model.text("A secret title");
  one.model.finish();
  await expect.poll(one.messages).toContain("the model gave a title");
  expect((await one.read(sessionId))?.session).toMatchObject({ title: "A secret title", reply: null });
});

it("the words of an encrypted reply are nowhere on the volume, and another node can follow it", async () => {
  const [one, sessionId] = [await node({ name: "one" }), newId()];
  const two = await node({ name: "two", dataDir: one.dataDir });
  await one.ask(sessionId);
  const events = await two.follow(sessionId);
  one.model.text("Secret words, ");
  await untilText(events!, "Secret words, ");
  const expectNoWords = () => {
    for (const { path, bytes } of filesIn(one.dataDir)) {
      for (const word of ["Secret", "nobody", sessionId])
        expect(`${path} ${bytes.toString()}`).not.toContain(word);
    }
  };
  expect(segmentsOf(one)).toHaveLength(1);
  expectNoWords();
  one.model.text("to ");
  await untilText(events!, "to ");
  // It leaves a note, and the settled message.
  await two.keys.during(sessionId, (key) => two.replies.stop(key));
  expect(notesFor(one)).toHaveLength(1);
  await collect(events!);
  expect((await two.read(sessionId))?.session.messages.at(-1)).toMatchObject({
    parts: [{ text: "Secret words, to " }],
  });
  expectNoWords();
  expect(two.messages()).toEqual([]);
});

it("a node takes over an encrypted reply with the key of a follower's request", async () => {
  const [one, sessionId] = [await node({ name: "one" }), newId()];
  const two = await node({ name: "two", dataDir: one.dataDir, isDead: (other) => other === one.instance });
  await one.ask(sessionId);
  const onOne = await one.follow(sessionId);
  one.model.text("so far, ");
  await untilText(onOne!, "so far, ");
  const onTwo = await two.follow(sessionId);
  expect((await two.model.request(0)).continueFrom).toBe("so far, ");
  two.model.text("so good");
  two.model.finish();
  expect(textIn(chunksIn(await collect(onTwo!)))).toBe("so far, so good");
  await expect.poll(one.messages).toContain("the reply was superseded");
});

it("the key is forgotten some time after the reply has ended, with its chunks", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const [one, sessionId] = [await node(), newId()];
  await one.ask(sessionId);
  const events = await one.follow(sessionId);
  one.model.text("Hello");
  one.model.finish();
  await collect(events!);
  expect(one.isHeld(sessionId)).toBe(true);
  await vi.advanceTimersByTimeAsync(30_000);
  await expect.poll(() => one.isHeld(sessionId)).toBe(false);
});

it("a follower keeps the key until it leaves, and a poll of the journal that is under way until its end", async () => {
  const [one, sessionId] = [await node({ name: "one" }), newId()];
  let look: PromiseWithResolvers<void> | null = null;
  let isLooking = () => {};
  const fs = interceptedFileSystem(async (call, proceed) => {
    const result = await proceed();
    if (look && call.name === "close" && call.path.endsWith(".ndjson")) {
      isLooking();
      await look.promise;
    }
    return result;
  });
  const two = await node({ name: "two", dataDir: one.dataDir, fs });
  await one.ask(sessionId);
  const left = new AbortController();
  const events = await two.follow(sessionId, { signal: left.signal });
  one.model.text("Hello");
  await untilText(events!, "Hello");

  // Two has read new lines, and has not opened them yet, when the last of its followers leaves.
  const onOne = await one.follow(sessionId);
  one.model.text(", again");
  await untilText(onOne!, "Hello, again");
  look = Promise.withResolvers();
  const looking = new Promise<void>((resolve) => (isLooking = resolve));
  await looking;
  expect(two.isHeld(sessionId)).toBe(true);
  left.abort();
  await events!.return(undefined);
  look.resolve();
  await expect.poll(() => two.isHeld(sessionId)).toBe(false);
  expect(two.messages()).toEqual([]);
});

it("a watcher keeps the key until it leaves", async () => {
  const [one, sessionId] = [await node(), newId()];
  await one.ask(sessionId);
  one.model.finish();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const left = new AbortController();
  const events = await one.follow(sessionId, { watch: true, signal: left.signal });
  await untilDone(events);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(one.isHeld(sessionId)).toBe(true);
  left.abort();
  await events!.return(undefined);
  expect(one.isHeld(sessionId)).toBe(false);
});

it("a follower that is refused keeps no key", async () => {
  const [one, sessionId] = [await node(), newId()];
  await expect(one.follow(sessionId)).rejects.toMatchObject({ code: "session_not_found" });
  expect(one.isHeld(sessionId)).toBe(false);
});
