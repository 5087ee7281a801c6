import { beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "./api-error";
import { hasQueue, waitingOf } from "./chat-state";
import { queueRequestsOf } from "./sending/queue-requests";
import { assistant, read, settle, tabInMidReply, user } from "./fake-chat";

beforeEach(() => void vi.useFakeTimers());

const queued = (...ids: string[]) =>
  ids.map((id) => ({ id, parts: [{ type: "text" as const, text: id.toUpperCase() }] }));

/** A tab in which a reply runs, and these messages wait. */
async function tabWithQueue(...ids: string[]) {
  const tab = await tabInMidReply();
  tab.server.commit({ queue: queued(...ids) });
  await tab.server.sendSession();
  return tab;
}

const shown = ({ chat }: Pick<Awaited<ReturnType<typeof tabWithQueue>>, "chat">) =>
  waitingOf(chat.getSnapshot()).map(({ id }) => id);

test("what is sent in mid-reply waits: shown at once apart from the conversation, then as the server has it", async () => {
  const tab = await tabWithQueue();
  const { server, chat, outbox, draft } = tab;
  server.post = (body) => {
    if (!("message" in body)) throw new Error("Not a message.");
    server.commit({ queue: queued(body.message.id) });
    return { rev: server.session!.rev, replyId: "r2", queued: true };
  };
  expect(chat.send("More", null)).toBe(true);
  expect(chat.getSnapshot().pending).toMatchObject({ text: "More", queue: true });
  expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
  const { id } = outbox.read()!;
  await settle();
  expect(server.posts).toMatchObject([{ message: { id }, queue: true }]);
  expect(outbox.read()).toBeNull();
  expect(draft.getSnapshot()).toBe("");
  await settle();
  expect(chat.getSnapshot().pending).toBeNull();
  expect(shown(tab)).toEqual([id]);
});

test("a message that was to wait, and found the reply ended, is shown as the next question", async () => {
  const { server, chat } = await tabWithQueue();
  server.post = (body) => {
    if (!("message" in body)) throw new Error("Not a message.");
    const messages = [user("u1", "Hi"), assistant("a1", "Hello", "u1"), user(body.message.id, "More", "a1")];
    server.commit({ messages, head: body.message.id, reply: null });
    return { rev: server.session!.rev, replyId: "r2" };
  };
  chat.send("More", null);
  await settle();
  await settle();
  expect(hasQueue(chat.getSnapshot())).toBe(false);
  expect(read(chat.getSnapshot()).slice(0, 3)).toEqual(["Hi", "Hello", "More"]);
});

test("a message for which there is no room goes back into the composer", async () => {
  const { server, chat, draft } = await tabWithQueue();
  server.failure = new ApiError("queue_full", "It is full.", 409);
  chat.send("More", null);
  await settle();
  expect(draft.getSnapshot()).toBe("More");
  expect(chat.getSnapshot()).toMatchObject({ pending: null, problem: { error: { code: "queue_full" } } });
});

test("a message that was removed on another device is not sent again", async () => {
  const { server, chat, outbox, draft } = await tabWithQueue();
  server.failure = new ApiError("message_removed", "It was removed.", 409);
  chat.send("More", null);
  await settle();
  expect(outbox.read()).toBeNull();
  expect(chat.getSnapshot().pending).toBeNull();
  expect(draft.getSnapshot()).toBe("");
});

test("waiting messages are moved, edited, removed and brought back at once", async () => {
  const tab = await tabWithQueue("a", "b", "c");
  const { chat, server } = tab;
  const queue = queueRequestsOf(chat.requests);
  queue.move("c", -1);
  expect(shown(tab)).toEqual(["a", "c", "b"]);
  queue.move("a", -1);
  queue.move("a", 1);
  expect(shown(tab)).toEqual(["c", "a", "b"]);
  queue.edit("a", "new");
  expect(waitingOf(chat.getSnapshot())[1]).toMatchObject({ parts: [{ text: "new" }] });
  const undo = queue.remove("a")!;
  expect(shown(tab)).toEqual(["c", "b"]);
  undo();
  queue.resume();
  await settle();
  expect(server.queueChanges).toEqual([
    { id: "c", before: "b" },
    { id: "a", before: "b" },
    { id: "a", parts: [{ type: "text", text: "new" }] },
    { id: "a", removed: true },
    { id: "a", parts: [{ type: "text", text: "new" }], before: "b", restore: true },
    { resumed: true },
  ]);
});

test("what was read before a change was answered does not take it back, and changes are asked for in order", async () => {
  const tab = await tabWithQueue("a", "b", "c");
  const { chat, server } = tab;
  const queue = queueRequestsOf(chat.requests);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  server.queueGate = first.promise;
  queue.move("c", -1);
  queue.move("c", -1);
  await settle();
  expect(server.queueChanges).toEqual([{ id: "c", before: "b" }]);

  server.queueGate = second.promise;
  server.commit({ queue: queued("a", "c", "b") });
  await server.sendSession();
  first.resolve();
  await settle();
  await server.sendSession();
  expect(server.queueChanges).toHaveLength(2);
  expect(shown(tab)).toEqual(["c", "a", "b"]);

  // Another tab has moved "b" meanwhile.
  server.commit({ queue: queued("b", "c", "a") });
  second.resolve();
  await settle();
  await settle();
  expect(shown(tab)).toEqual(["b", "c", "a"]);
});

test("changes keep their order over a list that is not shown meanwhile, as after the removal of the only message", async () => {
  const { chat, server } = await tabWithQueue("a");
  const gate = Promise.withResolvers<void>();
  server.queueGate = gate.promise;
  queueRequestsOf(chat.requests).remove("a");
  // The list is shown again.
  queueRequestsOf(chat.requests).resume();
  await settle();
  expect(server.queueChanges).toEqual([{ id: "a", removed: true }]);
  gate.resolve();
  await settle();
  expect(server.queueChanges).toHaveLength(2);
});

test("a change that the server refuses is taken back, and those after it are not", async () => {
  const tab = await tabWithQueue("a", "b", "c");
  const { chat, server } = tab;
  const queue = queueRequestsOf(chat.requests);
  const gate = Promise.withResolvers<void>();
  server.queueGate = gate.promise;
  queue.remove("a");
  queue.move("c", -1);
  expect(shown(tab)).toEqual(["c", "b"]);
  await settle();
  server.queueGate = Promise.resolve();
  server.commit({ queue: queued("a", "c", "b") });
  gate.reject(new ApiError("already_sent", "It was sent.", 409));
  await settle();
  await settle();
  expect(shown(tab)).toEqual(["a", "c", "b"]);
  expect(chat.getSnapshot().problem).toMatchObject({ error: { code: "already_sent" } });
});

test("the edit of a message that was sent meanwhile goes into the composer", async () => {
  const { chat, server, draft } = await tabWithQueue("a");
  const queue = queueRequestsOf(chat.requests);
  server.failure = new ApiError("already_sent", "It was sent.", 409);
  queue.edit("a", "new");
  await settle();
  expect(draft.getSnapshot()).toBe("new");
  queue.edit("gone", "newer");
  expect(draft.getSnapshot()).toBe("newer\n\nnew");
});
