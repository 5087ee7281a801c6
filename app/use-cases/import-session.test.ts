import { expect, test, vi } from "vitest";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { append, messageIds } from "../../tests/fixtures/store/store-conversation";
import { conversation } from "../../tests/fixtures/models/collect-answer";
import { importBody, type ConversationFile } from "~/conversation/files/conversation-file";
import { exportJson } from "~/conversation/files/export-conversation";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { importSession } from "./import-session";

const ADDRESS = "192.0.2.1";
const NOW = "2026-02-01T00:00:00.000Z";
const { node: startNode } = testNodes();

const CREATED = "2026-01-01T00:00:00.000Z";

function fileWith(modelId: string, ...texts: string[]): ConversationFile {
  const messages = conversation(...texts);
  const settings = { modelId, instructions: "Be brief." };
  const head = messages.at(-1)!.id;
  const exported = exportJson({ title: "Tea", settings, messages, head, createdAt: CREATED });
  return importBody.parse(JSON.parse(exported));
}

async function open(limits = {}) {
  const node = await startNode({ limits });
  const sessionHash = hashSessionId(newId());
  const deps = { ...node, clock: () => new Date(NOW) };
  return {
    node,
    sessionHash,
    importFile: (file: ConversationFile, hash = sessionHash) =>
      importSession(hash, ADDRESS, () => Promise.resolve(file), deps),
    importBy: (read: () => Promise<ConversationFile>) => importSession(sessionHash, ADDRESS, read, deps),
  };
}

test("an imported session has the content of the file, and the title counts as the person's", async () => {
  const { node, importFile, sessionHash } = await open();
  const file = fileWith("test/two", "Hello", "Hi");
  const { rev, session } = await importFile(file);
  expect(rev).toBe(1);
  expect(session).toEqual({
    createdAt: CREATED,
    updatedAt: NOW,
    title: "Tea",
    titleSource: "person",
    settings: { modelId: "test/two", instructions: "Be brief." },
    messages: file.messages,
    head: "m1",
    reply: null,
  });
  expect((await node.store.read(sessionHash))?.session).toEqual(session);
});

test("an imported session gets the default model where its own is not on offer", async () => {
  const { importFile } = await open();
  expect((await importFile(fileWith("gone/model", "Hello"))).session.settings.modelId).toBe("test/one");
});

test("an import that is repeated returns the session as it is by then, without a new revision", async () => {
  const { node, importFile, sessionHash } = await open();
  const file = fileWith("test/one", "Hello");
  await importFile(file);
  await node.store.update(sessionHash, append("later"));
  expect(messageIds((await importFile(file)).session)).toEqual(["m0", "later"]);
});

test("an import in the place of another session is refused, and its bytes are released", async () => {
  const { node, importFile, sessionHash } = await open({ addressBytesPerDay: 2_000 });
  await node.store.update(sessionHash, append("other"));
  const file = fileWith("test/one", "x".repeat(1_000));
  await expect(importFile(file)).rejects.toMatchObject({ code: "session_exists" });
  expect(messageIds((await node.store.read(sessionHash))?.session)).toEqual(["other"]);
  await importFile(file, hashSessionId(newId()));
  await expect(importFile(file, hashSessionId(newId()))).rejects.toMatchObject({ code: "daily_bytes_spent" });
});

test("an import over its own limit is refused before its file is read", async () => {
  const { importFile, importBy } = await open({ addressSessionsPerDay: 1, addressImportsPerDay: 2 });
  for (const _ of [1, 2]) await importFile(fileWith("test/one", "Hello"), hashSessionId(newId()));
  const read = vi.fn<() => Promise<ConversationFile>>();
  await expect(importBy(read)).rejects.toMatchObject({ code: "too_many_sessions" });
  expect(read).not.toHaveBeenCalled();
});

test("an import throws the error of its file, and begins no session", async () => {
  const { node, importBy, sessionHash } = await open();
  const failure = new Error("not JSON");
  await expect(importBy(() => Promise.reject(failure))).rejects.toBe(failure);
  expect(await node.store.read(sessionHash)).toBeNull();
});
