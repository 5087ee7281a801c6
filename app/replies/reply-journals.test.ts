import { readdir } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { newId, hashSessionId } from "~/conversation/session-id";
import {
  chunksIn,
  collect,
  follow,
  lastMessage,
  textIn,
  untilText,
} from "../../tests/fixtures/follow-replies";
import { testNodes, send } from "../../tests/fixtures/reply-nodes";
import { interceptedFileSystem, systemError } from "../../tests/fixtures/store-file-system";

const { node } = testNodes();

describe("a reply whose journal cannot be written", () => {
  /** A node on which one append fails on demand: before or after its effect. */
  async function nodeThatFails(when: "before" | "after") {
    const state = { isFailing: false };
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !call.path.endsWith(".ndjson") || !state.isFailing) return proceed();
      state.isFailing = false;
      if (when === "after") await proceed();
      throw systemError("EIO", call);
    });
    return { one: await node({ fs }), failNext: () => (state.isFailing = true) };
  }

  it.each([
    ["before", "Good "],
    ["after", "Good day, "],
  ] as const)(
    "continues from its content, where an append failed %s its bytes were written",
    async (when, kept) => {
      const { one, failNext } = await nodeThatFails(when);
      const key = hashSessionId(newId());
      await one.replies.start(key, send("Hello"));
      const events = await follow(one, key);
      one.model.text("Good ");
      const chunks = await untilText(events, "Good ");
      failNext();
      one.model.text("day, ");
      expect((await one.model.request(1)).continueFrom).toBe(kept);
      one.model.text("friend");
      one.model.finish();
      const rest = await collect(events);
      expect(textIn([...chunks, ...chunksIn(rest)])).toBe(`${kept}friend`);
      expect(await lastMessage(one, key)).toMatchObject({
        parts: [{ text: `${kept}friend` }],
        metadata: { status: "complete" },
      });
    },
  );

  it("goes on without followers", async () => {
    const { one, failNext } = await nodeThatFails("before");
    const key = hashSessionId(newId());
    failNext();
    await one.replies.start(key, send("Hello"));
    await one.model.request(1);
    one.model.text("Good day");
    one.model.finish();
    await expect.poll(async () => (await lastMessage(one, key)).metadata.status).toBe("complete");
  });

  it("is stored with all of its journal where a person has stopped it", async () => {
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !call.path.endsWith(".ndjson") || !isHeld) return proceed();
      await proceed();
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
    await one.replies.stop(key);
    held.resolve();
    await expect
      .poll(() => lastMessage(one, key))
      .toMatchObject({
        parts: [{ text: "Good day" }],
        metadata: { status: "stopped" },
      });
  });
});

it("journals are removed some time after their reply has settled", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const one = await node();
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    one.model.finish();
    await collect(await follow(one, key));
    const journals = async () =>
      (await readdir(one.layout.sessionFolder(key))).filter((name) => name.endsWith(".ndjson"));
    expect(await journals()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await expect.poll(journals).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it("the journal of a reply that begins during the removal of old ones is kept", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let beginAnother = () => Promise.resolve();
    const looks: string[] = [];
    const fs = interceptedFileSystem(async (call, proceed) => {
      // Between the listing of the session's folder and the read of the session.
      if (call.name === "readdir" && looks.push(call.path) === 2) await beginAnother();
      return proceed();
    });
    const one = await node({ name: "one", fs });
    const two = await node({ dataDir: one.dataDir, name: "two" });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    one.model.finish();
    await collect(await follow(one, key));
    const { id: last } = await lastMessage(one, key);

    const journals = async () =>
      (await readdir(one.layout.sessionFolder(key))).filter((name) => name.endsWith(".ndjson"));
    const [old] = await journals();
    beginAnother = async () => {
      await two.replies.start(key, send("Again", last));
      await expect.poll(journals).toHaveLength(2);
    };
    looks.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await expect.poll(journals).not.toContain(old);
    expect(await journals()).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
