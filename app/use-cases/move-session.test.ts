import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { append, messageIds } from "../../tests/fixtures/store/store-conversation";
import { attachmentPart } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Session } from "~/conversation/session/session";
import type { Change } from "~/store/sessions/session-store";
import { moveSession, type MoveSessionDependencies } from "./move-session";

const ADDRESS = "192.0.2.1";
const { node: startNode } = testNodes();

async function* piecesOf(text: string) {
  yield Promise.resolve(Buffer.from(text));
}

const edit = (how: (session: Session) => Session): Change<null> => {
  return (session) => ({ session: session && how(session), result: null });
};

/** A node with a session of two messages, one with a file, a paused queue with another, and a link. */
async function open(limits = {}) {
  const node = await startNode({ limits });
  const from = newId();
  const [fromHash, toHash, shareHash] = [from, newId(), newId()].map(hashSessionId) as [
    string,
    string,
    string,
  ];
  const attach = async (name: string) =>
    attachmentPart(await node.attachments.put(fromHash, name, piecesOf(`The text of ${name}.`)));
  const files = [await attach("one.txt"), await attach("two.txt"), await attach("draft.txt")] as const;
  for (const id of ["m1", "m2"]) await node.store.update(fromHash, append(id));
  const waiting = { id: "q1", parts: [files[1]], replyId: "r9", replyMessageId: "a9" };
  const withAll = edit((session) => ({
    ...session,
    messages: session.messages.map((message, at) =>
      at === 0 && message.role === "user" ? { ...message, parts: [files[0], ...message.parts] } : message,
    ),
    queue: { waiting: [waiting], removed: [], pause: { code: "stopped" } },
    notes: ["Milk"],
  }));
  await node.store.update(fromHash, withAll);
  await node.shares.create(fromHash, shareHash);
  const deps: MoveSessionDependencies = node;
  return {
    ...{ node, from, fromHash, toHash, shareHash },
    move: (changed: Partial<MoveSessionDependencies> = {}) =>
      moveSession(
        toHash,
        ADDRESS,
        { from, attachments: [files[2].url.slice("attachment:".length)] },
        { ...deps, ...changed },
      ),
    read: async (hash: string) => (await node.store.read(hash))?.session,
    filesOf: (hash: string) =>
      Promise.all(
        files.map(async ({ url }) =>
          (await node.attachments.read(hash, url.slice("attachment:".length)))?.bytes.toString(),
        ),
      ),
  };
}

const TEXTS = ["The text of one.txt.", "The text of two.txt.", "The text of draft.txt."];

test("a session that is moved to its own id is refused, and stays as it is", async () => {
  const { node, read, filesOf, from, fromHash } = await open();
  const before = await read(fromHash);
  await expect(moveSession(fromHash, ADDRESS, { from }, node)).rejects.toMatchObject({ code: "bad_request" });
  expect(await read(fromHash)).toEqual(before);
  expect(await filesOf(fromHash)).toEqual(TEXTS);
});

test("a moved session has everything under its new id but its links, and the old id opens nothing", async () => {
  const { node, move, read, filesOf, fromHash, toHash, shareHash } = await open();
  const { shares, ...before } = (await read(fromHash))!;
  expect(shares).toHaveLength(1);
  expect((await move()).session).toEqual(before);
  expect(await read(toHash)).toEqual(before);
  expect(await filesOf(toHash)).toEqual(TEXTS);
  expect(await read(fromHash)).toBeUndefined();
  expect(existsSync(node.layout.attachmentFolder(fromHash))).toBe(false);
  await expect(node.shares.read(shareHash)).rejects.toMatchObject({ code: "share_not_found" });
});

test("a move that is repeated after it was done returns the session as it is by then", async () => {
  const { node, move, read, toHash } = await open();
  await move();
  await node.store.update(toHash, append("later"));
  expect(messageIds((await move()).session)).toEqual(["m1", "m2", "later"]);
  expect(messageIds(await read(toHash))).toEqual(["m1", "m2", "later"]);
});

test("a move that was killed after its copy has lost nothing, and is finished by another one", async () => {
  const { node, move, read, filesOf, fromHash, toHash } = await open();
  const killed = { ...node.store, removeIf: () => Promise.reject(new Error("killed")) };
  await expect(move({ store: killed })).rejects.toThrow("killed");
  expect(messageIds(await read(fromHash))).toEqual(["m1", "m2"]);
  expect(messageIds(await read(toHash))).toEqual(["m1", "m2"]);
  // What is done to the old session until then is moved, too.
  await node.store.update(
    fromHash,
    edit((session) => ({ ...session, title: "Renamed" })),
  );
  await node.store.update(fromHash, append("m3"));
  expect(messageIds((await move()).session)).toEqual(["m1", "m2", "m3"]);
  expect(await read(toHash)).toMatchObject({ title: "Renamed", head: "m3" });
  expect(await read(fromHash)).toBeUndefined();
  expect(await filesOf(toHash)).toEqual(TEXTS);
});

test("a message that is stored between the copy and the deletion is moved as well", async () => {
  const { node, move, read, fromHash, toHash } = await open();
  let copies = 0;
  const late: MoveSessionDependencies["store"] = {
    ...node.store,
    async removeIf(hash, isToRemove) {
      if (copies++ === 0) await node.store.update(fromHash, append("late"));
      return node.store.removeIf(hash, isToRemove);
    },
  };
  expect(messageIds((await move({ store: late })).session)).toEqual(["m1", "m2", "late"]);
  expect(copies).toBe(2);
  expect(messageIds(await read(toHash))).toEqual(["m1", "m2", "late"]);
  expect(await read(fromHash)).toBeUndefined();
});

test("a session that changes after every copy is left where it is", async () => {
  const { node, move, read, fromHash } = await open();
  let changes = 0;
  const busy: MoveSessionDependencies["store"] = {
    ...node.store,
    async removeIf(hash, isToRemove) {
      await node.store.update(fromHash, append(`n${String(changes++)}`));
      return node.store.removeIf(hash, isToRemove);
    },
  };
  await expect(move({ store: busy })).rejects.toMatchObject({ code: "session_busy" });
  expect(messageIds(await read(fromHash))).toHaveLength(2 + changes);
});

test("what was begun under the old id since, and what was said under the new one, are both kept", async () => {
  const { node, move, read, fromHash, toHash } = await open();
  await move();
  await node.store.update(toHash, append("new"));
  await node.store.update(fromHash, append("stale"));
  expect(messageIds((await move()).session).sort()).toEqual(["m1", "m2", "new", "stale"]);
  expect(await read(fromHash)).toBeUndefined();
});

test("a session with a reply is not moved, nor one that does not exist, nor one over the bytes of the address", async () => {
  const { node, move, read, fromHash, toHash } = await open();
  const { reply } = (await node.store.read(fromHash))!.session;
  expect(reply).toBeNull();
  const waiting = {
    ...{ id: "r1", state: "waiting" as const, messageId: "a1", parentId: "m2", continues: null, epoch: 1 },
    ...{ node: null, modelId: "test/one", startedAt: "2026-02-01T00:00:00.000Z", stopRequested: false },
  };
  const partial = { parts: [], calls: [], since: 1 };
  await node.store.update(
    fromHash,
    edit((session) => ({ ...session, reply: waiting, partial })),
  );
  await expect(move()).rejects.toMatchObject({ code: "reply_running" });
  expect(await read(toHash)).toBeUndefined();
  expect(existsSync(node.layout.attachmentFolder(toHash))).toBe(false);
  await node.store.remove(fromHash);
  await expect(move()).rejects.toMatchObject({ code: "session_not_found" });

  const poor = await open({ addressBytesPerDay: 100 });
  await expect(poor.move()).rejects.toMatchObject({ code: "daily_bytes_spent" });
  expect(messageIds(await poor.read(poor.fromHash))).toEqual(["m1", "m2"]);
});
