import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { modelDenied, removeData, startNode, type TestNode } from "../../tests/fixtures/replies/reply-node";

let node: TestNode;
let key: string;
beforeEach(async () => {
  node = await startNode({ titleModelId: "test/two" });
  key = hashSessionId(newId());
});
afterEach(async () => {
  await node.replies.drain(0);
  await removeData(node);
});

async function ask(text: string, parentId: string | null = null) {
  const message = { id: newId(), parts: [{ type: "text" as const, text }] };
  await node.replies.start(key, { kind: "send", message, parentId });
}

const say = (text: string) => {
  node.model.text(text);
  node.model.finish();
};

/** Reads the session whenever it has changed, until it satisfies. */
async function until(satisfies: (session: NonNullable<Awaited<ReturnType<typeof read>>>) => boolean) {
  for (;;) {
    const changed = Promise.withResolvers<void>();
    const unsubscribe = node.events.subscribe(key, () => changed.resolve());
    const session = await read();
    if (session && satisfies(session)) {
      unsubscribe();
      return session;
    }
    await changed.promise;
    unsubscribe();
  }
}

const read = async () => (await node.store.read(key))?.session;
const logged = async (message: string) =>
  expect.poll(() => node.logged.map((entry) => entry.message)).toContain(message);

describe("the title of a session", () => {
  it("is made by the title model after the first complete reply, once", async () => {
    await ask("How do I bake bread?");
    say("With yeast.");
    const request = await node.model.request(1);
    expect(request).toMatchObject({ modelId: "test/two", maxOutputTokens: 100, continueFrom: null });
    expect(JSON.stringify(request.messages)).toContain("How do I bake bread?");
    expect(JSON.stringify(request.messages)).toContain("With yeast.");
    say('"Baking bread"');
    const named = await until(({ titleSource }) => titleSource === "model");
    expect(named).toMatchObject({ title: "Baking bread", reply: null });

    await ask("And cake?", named.head);
    say("With eggs.");
    await until(({ messages }) => messages.length === 4);
    expect(node.model.requests).toHaveLength(3);
  });

  it("is not replaced where a person has set one meanwhile", async () => {
    await ask("How do I bake bread?");
    say("With yeast.");
    const settled = await until(({ reply }) => reply === null);
    await node.model.request(1);
    await node.store.update(key, () => ({
      session: { ...settled, title: "Mine", titleSource: "person" },
      result: null,
    }));
    say("Baking bread");
    await logged("the model gave a title");
    expect(await read()).toMatchObject({ title: "Mine", titleSource: "person" });
  });

  it("does not bring back a session that was deleted meanwhile", async () => {
    await ask("How do I bake bread?");
    say("With yeast.");
    await node.model.request(1);
    await node.store.remove(key);
    say("Baking bread");
    await logged("the model gave a title");
    expect(await read()).toBeUndefined();
  });

  it("is not made after a stopped reply, but after the next one", async () => {
    await ask("How do I bake bread?");
    node.model.text("With");
    await node.model.request(0);
    await node.replies.stop(key);
    const stopped = await until(({ reply }) => reply === null);
    await ask("Go on", stopped.head);
    expect((await node.model.request(1)).modelId).toBe("test/one");
    say("With yeast.");
    expect((await node.model.request(2)).modelId).toBe("test/two");
    say("Bread");
    await until(({ title }) => title === "Bread");
  });

  it("stays the first words where the model fails, with a debug log line only", async () => {
    await ask("How do I bake bread?");
    say("With yeast.");
    await node.model.request(1);
    node.model.fail(modelDenied);
    await logged("the conversation was not named");
    expect(await read()).toMatchObject({ title: "How do I bake bread?", titleSource: "first-words" });
  });

  it("stays the first words where the node drains, which does not wait for a title", async () => {
    await ask("How do I bake bread?");
    say("With yeast.");
    const { signal } = await node.model.request(1);
    await node.replies.drain(60_000);
    expect(signal.aborted).toBe(true);
    await logged("the conversation was not named");
    expect(await read()).toMatchObject({ titleSource: "first-words" });
  });
});
