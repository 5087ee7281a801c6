import { expect, test } from "vitest";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { append } from "../../tests/fixtures/store/store-conversation";
import type { PatchSessionBody } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { editSession } from "./edit-session";

const ADDRESS = "192.0.2.1";
const NOW = "2026-02-01T00:00:00.000Z";
const { node: startNode } = testNodes();

async function open(limits = {}) {
  const node = await startNode({ limits });
  const sessionHash = hashSessionId(newId());
  for (const id of ["m1", "m2"]) await node.store.update(sessionHash, append(id));
  const deps = { ...node, clock: () => new Date(NOW) };
  return {
    node,
    sessionHash,
    edit: (body: PatchSessionBody, hash = sessionHash) => editSession(hash, ADDRESS, body, deps),
  };
}

test.each<[string, PatchSessionBody, object]>([
  ["the title, which no model replaces any more", { title: "Tea" }, { title: "Tea", titleSource: "person" }],
  [
    "settings, and leaves the others",
    { settings: { modelId: "test/two" } },
    { settings: { modelId: "test/two", instructions: "" } },
  ],
  ["the shown branch", { head: "m1" }, { head: "m1" }],
])("an edit changes %s", async (_, body, expected) => {
  const { node, edit, sessionHash } = await open();
  const record = await edit(body);
  expect(record).toMatchObject({ rev: 3, session: { ...expected, updatedAt: NOW } });
  expect(await node.store.read(sessionHash)).toEqual(record);
});

test("an edit of a missing session returns null, and begins none", async () => {
  const { node, edit } = await open();
  const missing = hashSessionId(newId());
  expect(await edit({ title: "Tea" }, missing)).toBeNull();
  expect(await node.store.read(missing)).toBeNull();
});

test("an edit that changes nothing makes no revision, and stores no bytes", async () => {
  const { edit } = await open({ addressBytesPerDay: 1 });
  expect(await edit({ head: "m2" })).toMatchObject({ rev: 2 });
});

test.each<[PatchSessionBody, string]>([
  [{ settings: { modelId: "gone/model" } }, "model_not_found"],
  [{ head: "missing" }, "message_not_found"],
])("the edit %j is refused as %s, and the session is unchanged", async (body, code) => {
  const { node, edit, sessionHash } = await open();
  await expect(edit(body)).rejects.toMatchObject({ code });
  expect(await node.store.read(sessionHash)).toMatchObject({ rev: 2 });
});

test("an edit stores the whole session again, so it counts all of its bytes for the address", async () => {
  const { node, edit, sessionHash } = await open({ addressBytesPerDay: 2_500 });
  await node.store.update(sessionHash, append("m3", "x".repeat(1_000)));
  await edit({ title: "Tea" });
  await expect(edit({ title: "Coffee" })).rejects.toMatchObject({ code: "daily_bytes_spent" });
  expect((await node.store.read(sessionHash))?.session.title).toBe("Tea");
});

test("an edit over the changes of a minute is refused", async () => {
  const { edit } = await open({ addressChangesPerMinute: 1 });
  await edit({ title: "Tea" });
  await expect(edit({ title: "Coffee" })).rejects.toMatchObject({ code: "too_many_changes" });
});
