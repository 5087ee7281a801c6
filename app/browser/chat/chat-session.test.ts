import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SessionView } from "~/conversation/api";
import { ApiError } from "./api-error";
import type { ChatSession } from "./chat-session";
import { isStopping, shownMessages } from "./chat-state";
import {
  assistant,
  delta,
  expectNothingShrank,
  fakeServer,
  openTab,
  read,
  readLate,
  reply,
  settle,
  tabInMidReply,
  user,
} from "./fake-chat";
import { messageRequestsOf } from "./sending/message-requests";
import { queueRequestsOf } from "./sending/queue-requests";

beforeEach(() => void vi.useFakeTimers());

describe("opening", () => {
  test("opening a new session sends no requests", async () => {
    const { server, api } = fakeServer();
    const { chat } = openTab(api, { isSaved: false });
    await settle();
    expect(chat.getSnapshot().phase).toBe("absent");
    expect(server.loads).toBe(0);
  });

  test("opening a session with a running reply shows its text so far, then its chunks", async () => {
    const { server, chat } = await tabInMidReply();
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
    await server.sendChunk("r1.1.3", delta(", you"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
  });

  test("opening a session that was deleted elsewhere shows an empty one", async () => {
    const { chat } = openTab(fakeServer().api);
    await settle();
    expect(chat.getSnapshot()).toMatchObject({ phase: "absent", session: null });
  });

  test("a session that the server refuses to show is not requested again until the person asks to", async () => {
    const { server, api } = fakeServer();
    server.commit({});
    let loads = 0;
    const load = api.load;
    api.load = async (...args) => {
      if (++loads === 1) throw new ApiError("session_damaged", "This conversation is damaged.", 410);
      return load(...args);
    };
    const { chat } = openTab(api);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.getSnapshot()).toMatchObject({
      phase: "refused",
      problem: { error: { code: "session_damaged" } },
    });
    expect(loads).toBe(1);
    chat.wake();
    await settle();
    expect(chat.getSnapshot()).toMatchObject({ phase: "ready", problem: null });
  });
});

describe("a conversation of a newer version than the node that answers", () => {
  const newer = () => new ApiError("session_newer_format", "Written by a newer version.", 503);

  test("a session of a newer format shows an error, and is requested again until another node answers", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi")], head: "u1" });
    const load = api.load;
    let isOld = true;
    let loads = 0;
    api.load = async (...args) => {
      loads++;
      if (isOld) throw newer();
      return load(...args);
    };
    const { chat, draft } = openTab(api);
    draft.set("What I type");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.getSnapshot()).toMatchObject({
      phase: "refused",
      connection: "ok",
      problem: { error: { code: "session_newer_format" } },
    });
    expect(loads).toBeGreaterThan(3);
    expect(loads).toBeLessThan(20);
    isOld = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(chat.getSnapshot()).toMatchObject({ phase: "ready", problem: null });
    expect(read(chat.getSnapshot())).toEqual(["Hi"]);
    expect(draft.getSnapshot()).toBe("What I type");
  });

  test("an open session of a newer format stays in view with an error that disappears when another node answers", async () => {
    const { server, api, chat, seen } = await tabInMidReply();
    const watch = api.watch;
    let isOld = true;
    api.watch = async (...args) => {
      if (isOld) throw newer();
      return watch(...args);
    };
    await server.cut();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(chat.getSnapshot()).toMatchObject({
      phase: "ready",
      problem: { error: { code: "session_newer_format" } },
    });
    isOld = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(chat.getSnapshot()).toMatchObject({ phase: "ready", problem: null });
    expectNothingShrank(seen);
  });

  test("a message to a session of a newer format is delivered when another node answers", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    let isOld = true;
    server.post = () => {
      if (isOld) throw newer();
      return { rev: 2, replyId: "r2" };
    };
    const { chat, outbox } = openTab(api);
    await settle();
    expect(chat.send("How are you?", null)).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(chat.getSnapshot().pending).toMatchObject({ error: { code: "session_newer_format" } });
    expect(outbox.read()).toMatchObject({ text: "How are you?" });
    isOld = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(chat.getSnapshot().pending).toMatchObject({ state: "accepted" });
    expect(new Set(server.posts.map((post) => JSON.stringify(post))).size).toBe(1);
    expect(outbox.read()).toBeNull();
  });
});

describe("a reply", () => {
  test("a reply turns into its settled message without a gap, with the same id", async () => {
    const { server, chat, seen } = await tabInMidReply();
    seen.length = 0;
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello, you", "u1")],
      head: "a1",
      reply: null,
    });
    await server.sendDone();
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you"]);
    expectNothingShrank(seen);
    for (const state of seen) {
      const last = shownMessages(state).at(-1)!;
      expect(last.kind === "live" ? last.reply.messageId : last.message.id).toBe("a1");
    }
  });

  test("a reply started by another tab is shown when its first chunk arrives", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const { chat } = openTab(api);
    await settle();
    server.commit({
      messages: [...server.session!.messages, user("u2", "More", "a1")],
      head: "u2",
      reply: reply("r2", "a2", "u2"),
    });
    await server.sendSession();
    await server.sendChunk("r2.1.1", { type: "start", messageId: "a2" });
    await server.sendChunk("r2.1.2", delta("Yes"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello", "More", "Yes▌"]);
  });

  test("a reply is followed from its last chunk after a lost connection", async () => {
    const { server, chat, seen } = await tabInMidReply();
    await server.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.streams.map(({ cursor }) => cursor)).toEqual([null, "r1.1.2"]);
    await server.sendChunk("r1.1.3", delta(", you"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
    expect(seen.every(({ connection }) => connection === "ok")).toBe(true);
  });

  test("a reply whose stream is repeated from the start does not shrink meanwhile", async () => {
    const { server, chat, seen } = await tabInMidReply();
    seen.length = 0;
    await server.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    await server.sendChunk("r1.2.1", { type: "start", messageId: "a1" });
    await server.sendChunk("r1.2.2", delta("Hel"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello▌");
    await server.sendChunk("r1.2.3", delta("lo, you"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello, you▌");
    expectNothingShrank(seen);
  });

  test("a reply ignores repeated chunks", async () => {
    const { server, chat } = await tabInMidReply();
    await server.sendChunk("r1.1.2", delta("Hello"));
    await server.sendChunk("r1.1.3", delta("!"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello!▌");
  });

  test("a reply ignores chunks of a replaced runner", async () => {
    const { server, chat } = await tabInMidReply();
    await server.sendChunk("r1.2.3", delta(" again"));
    await server.sendChunk("r1.1.4", delta(" ghost"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello again▌");
  });

  test("a reply that settled while the session was hidden is replaced by its message", async () => {
    const { server, chat } = await tabInMidReply();
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1", "interrupted")],
      head: "a1",
      reply: null,
    });
    await server.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(chat.getSnapshot().live).toBeNull();
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello"]);
  });

  test("the reply after one that had ended before it could be stopped can be stopped, too", async () => {
    const { server, chat } = await tabInMidReply();
    chat.stop();
    await settle();
    const messages = [user("u1", "Hi"), assistant("a1", "Hello", "u1"), user("u2", "More", "a1")];
    server.commit({ messages, head: "u2", reply: reply("r2", "a2", "u2") });
    await server.sendSession();
    expect(chat.getSnapshot()).toMatchObject({ live: { replyId: "r2" } });
    chat.stop();
    await settle();
    expect(server.stops).toBe(2);
  });

  test("a reply is stopped once, however often Stop is pressed", async () => {
    const { server, chat } = await tabInMidReply();
    chat.stop();
    chat.stop();
    await settle();
    expect(server.stops).toBe(1);
    expect(isStopping(chat.getSnapshot())).toBe(true);
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1", "stopped")],
      head: "a1",
      reply: null,
    });
    await server.sendDone();
    expect(chat.getSnapshot().live).toBeNull();
    expect(isStopping(chat.getSnapshot())).toBe(false);
  });
});

const storageAway = () =>
  new ApiError("volume_unavailable", "The storage for conversations is not connected at the moment.", 503);

describe("the connection", () => {
  test("a lost connection is reported after two seconds, and retried at growing intervals", async () => {
    const { server, chat } = await tabInMidReply();
    server.isDown = true;
    await server.cut();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(chat.getSnapshot().connection).toBe("ok");
    await vi.advanceTimersByTimeAsync(200);
    expect(chat.getSnapshot().connection).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(60_000);
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(chat.getSnapshot().connection).toBe("ok");
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello▌");
  });

  test("a server without its storage is reported, and the session stays in view, also after a reload", async () => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1")], head: "a1" });
    const storage = new Map<string, string>();
    const { chat } = openTab(api, { storage });
    await settle();
    server.failure = storageAway();
    await server.cut();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(chat.getSnapshot()).toMatchObject({ phase: "ready", connection: "storage away" });
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello"]);

    const { chat: reloaded } = openTab(api, { storage });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(read(reloaded.getSnapshot())).toEqual(["Hi", "Hello"]);
    expect(reloaded.getSnapshot()).toMatchObject({ phase: "ready", connection: "storage away" });

    server.failure = null;
    await vi.advanceTimersByTimeAsync(60_000);
    for (const each of [chat, reloaded]) {
      expect(each.getSnapshot()).toMatchObject({ phase: "ready", connection: "ok" });
      expect(read(each.getSnapshot())).toEqual(["Hi", "Hello"]);
    }
  });

  test("the report changes when the server without its storage becomes unreachable", async () => {
    const { server, chat } = await tabInMidReply();
    server.failure = storageAway();
    await server.cut();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(chat.getSnapshot().connection).toBe("storage away");
    server.failure = null;
    server.isDown = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(chat.getSnapshot().connection).toBe("reconnecting");
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello▌");
  });

  test("a hidden tab closes its connection, and catches up when it is shown", async () => {
    const { server, chat, setVisible } = await tabInMidReply();
    await setVisible(false);
    const { length } = server.streams;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.streams.length).toBe(length);
    await setVisible(true);
    expect(server.streams.at(-1)!.cursor).toBe("r1.1.2");
    await server.sendChunk("r1.1.3", delta("!"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello!▌");
  });

  test("a hidden tab without a connection notices the end of a reply, and then stops polling", async () => {
    const { server, chat, setVisible } = await tabInMidReply();
    await setVisible(false);
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello, you", "u1")],
      head: "a1",
      reply: null,
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you"]);
    const { loads } = server;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.loads).toBe(loads);
  });

  test("a connection that always ends at once is not reopened without back-off", async () => {
    const { server, api } = fakeServer();
    server.commit({});
    openTab(api);
    let opened = 0;
    api.watch = async () => {
      opened++;
      return new Response("");
    };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toBeLessThan(15);
  });

  test("closing a session closes its connection", async () => {
    const { server, api } = fakeServer();
    server.commit({});
    const { stop } = openTab(api);
    await settle();
    stop();
    const { loads } = server;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.loads).toBe(loads);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<[string, (chat: ChatSession) => unknown]>([
    ["a message that waits", (chat) => chat.send("More", null)],
    [
      "a decision",
      (chat) =>
        messageRequestsOf(chat.requests).decide({ toolCallId: "t1", attempt: 1, decision: "approve" }),
    ],
    ["a change of the queue", (chat) => queueRequestsOf(chat.requests).resume()],
    ["settings", (chat) => chat.changeSettings({ instructions: "Rhyme." })],
  ])("the answer to %s opens no connection once the session is closed", async (_, ask) => {
    const { server, chat, stop } = await tabInMidReply();
    server.commit({ queue: [] });
    await server.sendSession();
    server.post = () => ({ rev: 3, replyId: "r1", queued: true });
    ask(chat);
    stop();
    const { length } = server.streams;
    await settle();
    await settle();
    expect(server.streams).toHaveLength(length);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.streams).toHaveLength(length);
  });
});

test("a picked model applies until the session has it", async () => {
  const { server, api } = fakeServer();
  server.commit({});
  const { chat } = openTab(api);
  await settle();
  chat.pickModel("other");
  expect(chat.getSnapshot().pickedModelId).toBe("other");
  server.commit({ settings: { modelId: "other", instructions: "" } });
  await server.sendSession();
  expect(chat.getSnapshot()).toMatchObject({
    pickedModelId: null,
    session: { settings: { modelId: "other" } },
  });
});

test("models that are picked one after the other are saved in that order, and only the last one is shown", async () => {
  const { server, api } = fakeServer();
  server.commit({});
  const { chat } = openTab(api);
  await settle();
  const answers: (() => void)[] = [];
  api.patch = ({ settings }) =>
    new Promise((resolve) =>
      answers.push(() => {
        server.commit({ settings: { ...server.session!.settings, ...settings } as SessionView["settings"] });
        resolve();
      }),
    );
  const shown = () => {
    const { pickedModelId, session } = chat.getSnapshot();
    return pickedModelId ?? session?.settings.modelId;
  };
  chat.pickModel("other");
  chat.pickModel("demo");
  const arrive = await readLate({ server, api });
  await arrive();
  expect(answers).toHaveLength(1);
  answers[0]!();
  await settle();
  await server.sendSession();
  expect(shown()).toBe("demo");
  answers[1]!();
  await settle();
  await server.sendSession();
  expect(server.session?.settings.modelId).toBe("demo");
  // Picked in another tab.
  server.commit({ settings: { modelId: "third", instructions: "" } });
  await server.sendSession();
  expect(shown()).toBe("third");
});

test("deleting removes the draft and closes the connection; if it fails, the session is followed again", async () => {
  const { server, chat, draft } = await tabInMidReply();
  server.isDown = true;
  await expect(chat.remove()).rejects.toThrow("cannot be reached");
  server.isDown = false;
  await vi.advanceTimersByTimeAsync(1_000);
  await server.sendChunk("r1.1.3", delta("!"));
  expect(read(chat.getSnapshot()).at(-1)).toBe("Hello!▌");
  draft.set("half a thought");
  await chat.remove();
  expect(draft.getSnapshot()).toBe("");
  const { loads } = server;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.loads).toBe(loads);
});

test("known messages stay the same objects when the session is read again", async () => {
  const { server, chat } = await tabInMidReply();
  const before = chat.getSnapshot().session!.messages[0];
  server.commit({ title: "Coffee" });
  await server.sendSession();
  expect(chat.getSnapshot().session!.title).toBe("Coffee");
  expect(chat.getSnapshot().session!.messages[0]).toBe(before);
});
