import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { append, messageIds } from "../../tests/fixtures/store/store-conversation";
import { attachmentPart } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Change } from "~/store/sessions/session-store";
import { forkSession } from "./fork-session";

const ADDRESS = "192.0.2.1";
const NOW = "2026-02-01T00:00:00.000Z";
const { node: startNode } = testNodes();

/** A node with a session of two messages, of which each has a file, and a third without. */
async function open(limits = {}) {
  const node = await startNode({ limits });
  const [from, sessionHash] = [newId(), hashSessionId(newId())];
  const fromHash = hashSessionId(from);
  const attach = async (filename: string, text: string) =>
    attachmentPart(await node.attachments.put(fromHash, filename, piecesOf(text)));
  const files = [await attach("one.txt", "The first file."), await attach("two.txt", "The second file.")];
  for (const id of ["m1", "m2", "m3"]) await node.store.update(fromHash, append(id));
  await node.store.update(fromHash, withFiles(files));
  const deps = { ...node, clock: () => new Date(NOW) };
  return {
    node,
    fromHash,
    sessionHash,
    fork: (messageId: string) => forkSession(sessionHash, ADDRESS, { from, messageId }, deps),
    /** The texts of the files that a session has of these. */
    async filesOf(hash: string) {
      const ids = files.map(({ url }) => url.slice("attachment:".length));
      const found = await Promise.all(ids.map((id) => node.attachments.read(hash, id)));
      return found.flatMap((file) => (file ? [file.bytes.toString()] : []));
    },
  };
}

async function* piecesOf(text: string) {
  yield Promise.resolve(Buffer.from(text));
}

/** Gives a file to the first and one to the second message. */
function withFiles(files: readonly ReturnType<typeof attachmentPart>[]): Change<null> {
  return (session) => ({
    session: session && {
      ...session,
      messages: session.messages.map((message, index) =>
        message.role === "user" && files[index]
          ? { ...message, parts: [files[index], ...message.parts] }
          : message,
      ),
    },
    result: null,
  });
}

test("a fork has the branch up to a message, the time of the clock, and only the files of that branch", async () => {
  const { fork, filesOf, node, sessionHash } = await open();
  const { rev, session } = await fork("m1");
  expect(rev).toBe(1);
  expect(session).toMatchObject({ title: "A conversation (2)", createdAt: NOW, head: "m1", reply: null });
  expect(messageIds(session)).toEqual(["m1"]);
  expect(await node.store.read(sessionHash)).toMatchObject({ session });
  expect(await filesOf(sessionHash)).toEqual(["The first file."]);
});

test("a fork and its files stay when the session that it comes from is deleted", async () => {
  const { fork, filesOf, node, fromHash, sessionHash } = await open();
  await fork("m2");
  await node.store.remove(fromHash);
  await node.attachments.remove(fromHash);
  expect(messageIds((await node.store.read(sessionHash))?.session)).toEqual(["m1", "m2"]);
  expect(await filesOf(sessionHash)).toEqual(["The first file.", "The second file."]);
});

test("a fork that is repeated returns the session as it is by then, and stores no bytes", async () => {
  // Room for one fork, and not for two.
  const { fork, node, sessionHash } = await open({ addressBytesPerDay: 1_000 });
  await fork("m1");
  await node.store.update(sessionHash, append("later"));
  const again = await fork("m1");
  expect(again.rev).toBe(2);
  expect(messageIds(again.session)).toEqual(["m1", "later"]);
});

test("a fork that is refused copies no file and begins no session", async () => {
  const { fork, node, sessionHash, fromHash } = await open();
  await expect(fork("missing")).rejects.toMatchObject({ code: "message_not_found" });
  expect(await node.store.read(sessionHash)).toBeNull();
  expect(existsSync(node.layout.attachmentFolder(sessionHash))).toBe(false);
  await node.store.remove(fromHash);
  await expect(fork("m1")).rejects.toMatchObject({ code: "session_not_found" });
});

test("a fork beyond the bytes of the address copies no file and begins no session", async () => {
  const { fork, node, sessionHash } = await open({ addressBytesPerDay: 100 });
  await expect(fork("m1")).rejects.toMatchObject({ code: "daily_bytes_spent" });
  expect(await node.store.read(sessionHash)).toBeNull();
  expect(existsSync(node.layout.attachmentFolder(sessionHash))).toBe(false);
});

test("a fork counts as a session that the address begins", async () => {
  const { fork } = await open({ addressSessionsPerDay: 1 });
  await fork("m1");
  await expect(fork("m1")).rejects.toMatchObject({ code: "too_many_sessions" });
});
