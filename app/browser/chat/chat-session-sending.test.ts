import { beforeEach, describe, expect, test, vi } from "vitest";
import { attachmentPart } from "~/conversation/files/attachment";
import type { Message } from "~/conversation/session/session";
import { newId } from "~/conversation/session/session-id";
import { ApiError } from "./api-error";
import {
  assistant,
  delta,
  expectNothingShrank,
  fakeFile,
  fakeServer,
  openTab,
  read,
  reply,
  settle,
  tabInMidReply,
  user,
} from "./fake-chat";
import { messageRequestsOf } from "./sending/message-requests";

beforeEach(() => void vi.useFakeTimers());

describe("sending", () => {
  test("a sent message is shown at once and stays in the outbox until the server has it", async () => {
    const { server, api } = fakeServer();
    server.post = (body) => {
      if (!("message" in body)) throw new Error("Not a message.");
      const { id } = body.message;
      server.commit({ messages: [user(id, "Hi")], head: id, reply: reply("r1", body.replyMessageId!, id) });
      return { rev: 1, replyId: "r1" };
    };
    const { chat, outbox } = openTab(api, { isSaved: false });
    expect(chat.send("Hi", "demo")).toBe(true);
    expect(read(chat.getSnapshot())).toEqual(["Hi (sending)"]);
    expect(outbox.read()?.text).toBe("Hi");
    const { id, replyMessageId } = outbox.read()!;
    await settle();
    expect(outbox.read()).toBeNull();
    expect(server.posts).toEqual([
      {
        message: { id, parts: [{ type: "text", text: "Hi" }] },
        parentId: null,
        modelId: "demo",
        replyMessageId,
      },
    ]);
    await server.sendChunk("r1.1.1", { type: "start", messageId: replyMessageId });
    await server.sendChunk("r1.1.2", delta("Hello"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
  });

  test("a message follows the shown answer, and is sent only after that has ended", async () => {
    const { server, chat } = await tabInMidReply();
    expect(chat.send("More", null)).toBe(false);
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")],
      head: "a1",
      reply: null,
    });
    await server.sendDone();
    expect(chat.send("More", null)).toBe(true);
    await settle();
    expect(server.posts[0]).toMatchObject({ parentId: "a1" });
    expect(server.posts[0]).not.toHaveProperty("modelId");
  });

  test("a message in the outbox is sent again after a reload, with the same ids", async () => {
    const { server, api } = fakeServer();
    server.post = () => new Promise<never>(() => undefined) as never;
    const first = openTab(api, { isSaved: false });
    first.chat.send("Hi", null);
    await settle();
    first.stop();
    const second = openTab(api, { isSaved: false, storage: first.storage });
    expect(read(second.chat.getSnapshot())).toEqual(["Hi (sending)"]);
    await settle();
    expect(server.posts).toHaveLength(2);
    expect(server.posts[1]).toEqual(server.posts[0]);
  });

  test("a message refused by a draining node is sent again automatically with the same ids", async () => {
    const { server, api } = fakeServer();
    const answers = [
      new ApiError("node_draining", "Leaving.", 503),
      new ApiError("unreadable", "Bad gateway.", 502),
    ];
    server.post = () => {
      const error = answers.shift();
      if (error) throw error;
      return { rev: 1, replyId: "r1" };
    };
    const { chat, outbox } = openTab(api, { isSaved: false });
    chat.send("Hi", null);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.posts).toHaveLength(3);
    expect(server.posts[2]).toEqual(server.posts[0]);
    expect(outbox.read()).toBeNull();
  });

  test("a failed message shows its error and keeps its text, and can be sent again or edited", async () => {
    const { server, api } = fakeServer();
    server.isDown = true;
    const { chat, outbox, draft } = openTab(api, { isSaved: false });
    chat.send("Hi", null);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(chat.getSnapshot().pending).toMatchObject({
      state: "failed",
      error: { code: "unreachable", message: "The server cannot be reached." },
      text: "Hi",
    });
    expect(outbox.read()?.text).toBe("Hi");
    chat.trySendingAgain();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(new Set(server.posts.map((body) => JSON.stringify(body))).size).toBe(1);
    draft.set("and more");
    chat.editUnsent();
    expect(draft.getSnapshot()).toBe("Hi\n\nand more");
    expect(chat.getSnapshot().pending).toBeNull();
    expect(outbox.read()).toBeNull();
  });

  test("a message that failed without a server is sent automatically, once, when the server is back", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const { chat, outbox } = openTab(api);
    await settle();
    server.isDown = true;
    await server.cut();
    chat.send("More", null);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(chat.getSnapshot().pending).toMatchObject({ state: "failed", isWaiting: true });
    const before = server.posts.length;
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.posts).toHaveLength(before + 1);
    expect(new Set(server.posts.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(outbox.read()).toBeNull();
  });

  test("the first message of a session that failed without a server is sent automatically, too", async () => {
    const { server, api } = fakeServer();
    server.isDown = true;
    const { chat, outbox } = openTab(api, { isSaved: false });
    chat.send("Hi", null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.getSnapshot().pending?.text).toBe("Hi");
    server.isDown = false;
    const before = server.posts.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.posts).toHaveLength(before + 1);
    expect(new Set(server.posts.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(outbox.read()).toBeNull();
  });

  test("sending a suggestion keeps the text in the composer", async () => {
    const { server, api } = fakeServer();
    const { chat, draft, files } = openTab(api, { isSaved: false });
    draft.set("Half a thought");
    files.add([new File(["x"], "notes.txt", { type: "text/plain" })]);
    expect(chat.suggest("What makes a good apology?", null)).toBe(true);
    await settle();
    expect(server.posts).toMatchObject([
      { message: { parts: [{ type: "text", text: "What makes a good apology?" }] } },
    ]);
    expect(draft.getSnapshot()).toBe("Half a thought");
    expect(files.getSnapshot()).toHaveLength(1);
  });

  test("a message that a closed tab could not send is sent before that of another tab, which stays in the composer", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const closed = openTab({ ...api, post: () => new Promise(() => undefined) });
    await settle();
    const { chat, draft, outbox } = openTab(api, { storage: closed.storage });
    await settle();
    closed.chat.send("First", null);
    closed.stop();
    draft.set("Second");
    expect(chat.send("Second", null)).toBe(false);
    await settle();
    expect(server.posts).toMatchObject([{ message: { parts: [{ text: "First" }] } }]);
    expect(draft.getSnapshot()).toBe("Second");
    expect(outbox.read()).toBeNull();

    // Sent, but its tab was closed before the answer.
    const { id, replyMessageId } = chat.getSnapshot().pending!;
    server.commit({
      messages: [...server.session!.messages, user(id, "First", "a1"), assistant(replyMessageId, "So", id)],
      head: replyMessageId,
    });
    await server.sendSession();
    outbox.put({ id, replyMessageId, text: "First", files: [], parentId: "a1", modelId: null });
    expect(chat.send("Second", null)).toBe(true);
    await settle();
    expect(server.posts).toHaveLength(2);
  });

  test("sending in one tab does not remove another tab's message from the outbox", async () => {
    const { server, api } = fakeServer();
    server.isDown = true;
    const { chat, outbox } = openTab(api, { isSaved: false });
    chat.send("Here", null);
    await settle();
    const other = { ...outbox.read()!, id: newId(), text: "There" };
    outbox.put(other);
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.posts.at(-1)).toMatchObject({ message: { parts: [{ text: "Here" }] } });
    expect(chat.getSnapshot().pending).toBeNull();
    expect(outbox.read()).toEqual(other);
  });

  test("a message whose answer was lost is recognised as delivered", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const { chat, outbox } = openTab(api);
    await settle();
    server.post = (body) => {
      if (!("message" in body)) throw new Error("Not a message.");
      const { id } = body.message;
      if (server.session!.reply === null) {
        server.commit({
          messages: [...server.session!.messages, user(id, "More", "a1")],
          head: id,
          reply: reply("r2", body.replyMessageId!, id),
        });
      }
      throw new ApiError("unreachable", "The server cannot be reached.", 0);
    };
    chat.send("More", null);
    await settle();
    await server.sendSession();
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello", "More", "▌"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(chat.getSnapshot().pending).toBeNull();
    expect(outbox.read()).toBeNull();
  });

  test("a reply that the session does not have yet stays awaited when the session is read", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const { chat } = openTab(api);
    await settle();
    server.post = () => {
      server.commit({ title: "Read too early" });
      return { rev: 3, replyId: "r2" };
    };
    chat.send("More", null);
    await settle();
    expect(chat.getSnapshot().session?.title).toBe("Read too early");
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello", "More (accepted)", "▌"]);
  });

  test("a message refused because another tab's reply runs returns its text to the composer", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    server.post = () => {
      throw new ApiError("reply_running", "The previous answer is still being written.", 409);
    };
    const { chat, draft, outbox } = openTab(api);
    await settle();
    chat.send("More", null);
    await settle();
    expect(draft.getSnapshot()).toBe("More");
    expect(outbox.read()).toBeNull();
    expect(chat.getSnapshot()).toMatchObject({
      pending: null,
      problem: { error: { code: "reply_running" } },
    });
  });
});

describe("asking again", () => {
  async function tabWithCutAnswer() {
    const { server, api } = fakeServer();
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1", "interrupted")],
      head: "a1",
    });
    const tab = openTab(api);
    await settle();
    server.post = (body) => {
      const continues = "continue" in body ? body.continue : null;
      server.commit({ head: "u1", reply: reply("r2", body.replyMessageId!, "u1", continues) });
      return { rev: server.session!.rev, replyId: "r2" };
    };
    return { server, ...tab };
  }

  test("Retry shows a new answer in place of the old one", async () => {
    const { server, chat } = await tabWithCutAnswer();
    messageRequestsOf(chat.requests).retry("a1", "demo");
    await settle();
    expect(server.posts).toMatchObject([{ regenerate: "a1", modelId: "demo" }]);
    expect(read(chat.getSnapshot())).toEqual(["Hi", "▌"]);
  });

  test("Continue keeps the old text in view until the new answer is as long", async () => {
    const { server, chat, seen } = await tabWithCutAnswer();
    seen.length = 0;
    messageRequestsOf(chat.requests).continueReply("a1", "demo");
    await settle();
    const { messageId } = chat.getSnapshot().live!;
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
    await server.sendChunk("r2.1.1", { type: "start", messageId });
    await server.sendChunk("r2.1.2", delta("Hello"));
    await server.sendChunk("r2.1.3", delta(", you"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
    expectNothingShrank(seen);
  });

  test("a failed Retry shows its error at the message", async () => {
    const { server, chat } = await tabWithCutAnswer();
    server.post = () => {
      throw new ApiError("model_not_found", "That model is not on offer here.", 400);
    };
    messageRequestsOf(chat.requests).retry("a1", "demo");
    await settle();
    expect(chat.getSnapshot()).toMatchObject({
      isAsking: false,
      problem: { error: { code: "model_not_found" }, messageId: "a1" },
    });
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello"]);
  });
});

describe("sending files", () => {
  async function tabWithFile(isSaved = false) {
    const { server, api } = fakeServer();
    const tab = openTab(api, { isSaved });
    tab.files.add([new File(["words"], "notes.txt")]);
    await expect.poll(() => tab.files.ready()).not.toBeNull();
    return { server, api, ...tab };
  }
  const part = expect.objectContaining({ type: "file", filename: "notes.txt" }) as object;

  test("a message of files without text is sent, and the composer is emptied", async () => {
    const { server, chat, files, outbox } = await tabWithFile();
    expect(chat.send(" ", null)).toBe(true);
    expect(files.getSnapshot()).toEqual([]);
    expect(outbox.read()).toMatchObject({ text: " ", files: [part] });
    await settle();
    expect(server.posts).toMatchObject([{ message: { parts: [part] } }]);
  });

  test("a message with text and files sends the files first, and is the same after a reload", async () => {
    const { server, api, chat, stop, storage } = await tabWithFile();
    server.post = () => new Promise<never>(() => undefined) as never;
    chat.send("What is this?", null);
    await settle();
    stop();
    openTab(api, { isSaved: false, storage });
    await settle();
    expect(server.posts[1]).toEqual(server.posts[0]);
    expect(server.posts[1]).toMatchObject({
      message: { parts: [part, { type: "text", text: "What is this?" }] },
    });
  });

  test("a message with files cannot be sent until all files are uploaded", async () => {
    const { server, api } = fakeServer();
    const upload = Promise.withResolvers<ReturnType<typeof fakeFile>>();
    server.upload = () => upload.promise;
    const { chat, files } = openTab(api, { isSaved: false });
    files.add([new File(["words"], "notes.txt")]);
    expect(chat.send("Hi", null)).toBe(false);
    upload.resolve(fakeFile("notes.txt", 5));
    await expect.poll(() => files.ready()).not.toBeNull();
    expect(chat.send("Hi", null)).toBe(true);
  });

  test("uploads that failed without a network are repeated when it is back, also in a new session", async () => {
    const { server, api } = fakeServer();
    server.isDown = true;
    const { files, setVisible } = openTab(api, { isSaved: false });
    files.add([new File(["words"], "notes.txt")]);
    await expect.poll(() => files.getSnapshot()[0]?.state).toBe("failed");
    server.isDown = false;
    // As the page says, too, that it is online.
    await setVisible(true);
    expect(files.ready()).toMatchObject([{ filename: "notes.txt" }]);
  });

  test("the files of a refused message return to the composer with its text", async () => {
    const { server, chat, files, draft } = await tabWithFile();
    server.post = () => {
      throw new ApiError("attachment_not_supported", "No.", 422);
    };
    chat.send("Hi", null);
    await settle();
    expect(chat.getSnapshot().pending).toMatchObject({ state: "failed", isWaiting: false });
    chat.editUnsent();
    expect(draft.getSnapshot()).toBe("Hi");
    expect(files.ready()).toMatchObject([{ filename: "notes.txt" }]);
  });

  test("deleting a session removes its files from the browser's cache", async () => {
    const { server, api } = fakeServer();
    const sent = attachmentPart(fakeFile("sent.txt", 5));
    server.commit({ messages: [{ ...user("u1", "Hi"), parts: [sent] } as Message], head: "u1" });
    const { chat, files, storage } = openTab(api);
    await settle();
    files.add([new File(["words"], "draft.txt")]);
    await expect.poll(() => files.ready()).not.toBeNull();
    await chat.remove();
    expect(server.forgotten).toEqual(["sent.txt", "draft.txt"]);
    expect([...storage.values()].join()).not.toContain("draft.txt");
  });
});

describe("a message that waits in a conversation that is not open", () => {
  /** A tab that has left the conversation, and another one that has never opened it. */
  async function leftWaiting() {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const first = openTab(api);
    await settle();
    server.isDown = true;
    first.chat.send("More", null);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(first.chat.getSnapshot().pending).toMatchObject({ isWaiting: true });
    first.stop();
    const other = openTab(api, { storage: first.storage, isStarted: false });
    const before = server.posts.length;
    return { server, first, other, before };
  }

  test("a waiting message of a hidden session is sent by its own tab, which notices the end of the reply", async () => {
    const { server, first, before } = await leftWaiting();
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.posts).toHaveLength(before + 1);
    expect(server.posts[before]).toEqual(server.posts[0]);
    expect(first.outbox.read()).toBeNull();
    const { id, replyMessageId } = first.chat.getSnapshot().pending!;
    server.commit({
      messages: [...server.session!.messages, user(id, "More", "a1"), assistant(replyMessageId, "So", id)],
      head: replyMessageId,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read(first.chat.getSnapshot())).toEqual(["Hi", "Hello", "More", "So"]);
  });

  test("a waiting message is sent by any other tab", async () => {
    const { server, other, before } = await leftWaiting();
    server.isDown = false;
    other.chat.sendKept();
    await settle();
    expect(server.posts[before]).toEqual(server.posts[0]);
    expect(other.outbox.read()).toBeNull();
  });

  test("a waiting message that another tab has moved to its composer is not sent", async () => {
    const { server, first, other, before } = await leftWaiting();
    other.chat.sendKept();
    const isFailed = ({ chat }: typeof other) => chat.getSnapshot().pending?.state === "failed";
    while (!isFailed(first) || !isFailed(other)) await vi.advanceTimersByTimeAsync(100);
    first.chat.editUnsent();
    server.isDown = false;
    const tried = server.posts.length;
    expect(tried).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(60_000);
    other.chat.sendKept();
    other.chat.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.posts).toHaveLength(tried);
    expect(read(other.chat.getSnapshot())).toEqual(["Hi", "Hello"]);
  });

  test("a waiting message of a hidden session stays failed with its error while another reply runs", async () => {
    const { server, other } = await leftWaiting();
    server.isDown = false;
    server.post = () => {
      throw new ApiError("reply_running", "Another answer is being written.", 409);
    };
    other.chat.sendKept();
    await settle();
    expect(other.chat.getSnapshot().pending).toMatchObject({
      state: "failed",
      error: { code: "reply_running" },
    });
    expect(other.outbox.read()?.text).toBe("More");
    expect(other.draft.getSnapshot()).toBe("");
  });
});
