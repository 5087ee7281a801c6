import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { append } from "../../tests/fixtures/store/store-conversation";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { shareSession } from "./share-session";

const ADDRESS = "192.0.2.1";
const { node: startNode } = testNodes();

async function open(limits = {}) {
  const node = await startNode({ limits });
  const [sessionHash, shareId] = [hashSessionId(newId()), newId()];
  await node.store.update(sessionHash, append("m1", "Hello"));
  return {
    node,
    sessionHash,
    shareHash: hashSessionId(shareId),
    share: (id = shareId) => shareSession(sessionHash, ADDRESS, { shareId: id }, node),
  };
}

test("a share shows the branch as it was when it was made, and its session lists it by hash", async () => {
  const { node, share, sessionHash, shareHash } = await open();
  const made = await share();
  expect(made.key).toBe(shareHash);
  await node.store.update(sessionHash, append("m2", "Later"));
  const snapshot = await node.shares.read(shareHash);
  expect(snapshot.messages.map(({ text }) => text)).toEqual(["Hello"]);
  expect((await node.store.read(sessionHash))?.session.shares).toEqual([made]);
});

test("a share that is repeated is the same share", async () => {
  const { node, share, sessionHash } = await open();
  const [made, again] = [await share(), await share()];
  expect(again).toEqual(made);
  expect((await node.store.read(sessionHash))?.session.shares).toHaveLength(1);
});

test("a share beyond the bytes of the address is refused, and nothing is stored", async () => {
  const { node, share, sessionHash, shareHash } = await open({ addressBytesPerDay: 10 });
  await expect(share()).rejects.toMatchObject({ code: "daily_bytes_spent" });
  expect((await node.store.read(sessionHash))?.session.shares).toBeUndefined();
  const { folder, name } = node.layout.share(shareHash);
  expect(existsSync(`${folder}/${name}`)).toBe(false);
});

test("shares count as changes of the address", async () => {
  const { share } = await open({ addressChangesPerMinute: 1 });
  await share();
  await expect(share(newId())).rejects.toMatchObject({ code: "too_many_changes" });
});

test("a share of a deleted session is refused", async () => {
  const { node, share, sessionHash } = await open();
  await node.store.remove(sessionHash);
  await expect(share()).rejects.toMatchObject({ code: "session_not_found" });
});
