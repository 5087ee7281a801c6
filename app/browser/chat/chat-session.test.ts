import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./api-error";
import { shownMessages } from "./chat-state";
import {
  assistant,
  delta,
  expectNothingShrank,
  fakeServer,
  openTab,
  read,
  reply,
  settle,
  tabInMidReply,
  user,
} from "./fake-chat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("opening", () => {
  test("a conversation that the server has never seen asks for nothing", async () => {
    const { server, api } = fakeServer();
    const { chat } = openTab(api, { isSaved: false });
    await settle();
    expect(chat.getSnapshot().phase).toBe("absent");
    expect(server.loads).toBe(0);
  });

  test("in mid-reply shows what there is, then what comes", async () => {
    const { server, chat } = await tabInMidReply();
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
    await server.sendChunk("r1.1.3", delta(", you"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
  });

  test("a conversation that was deleted elsewhere is empty", async () => {
    const { chat } = openTab(fakeServer().api);
    await settle();
    expect(chat.getSnapshot()).toMatchObject({ phase: "absent", session: null });
  });

  test("what the server refuses to show is not asked for again until the person says so", async () => {
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

  test("is said to be that, and asked for again until another node answers", async () => {
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

  test("that is open stays in view, with a word that goes when another node answers", async () => {
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

  test("takes the message that was sent once another node is asked, and nothing of it is lost", async () => {
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
  test("turns into its settled message without a gap, under the same id", async () => {
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

  test("that another tab started is shown when the stream tells of it", async () => {
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

  test("is followed on from the last chunk after a lost connection", async () => {
    const { server, chat, seen } = await tabInMidReply();
    await server.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.streams.map(({ cursor }) => cursor)).toEqual([null, "r1.1.2"]);
    await server.sendChunk("r1.1.3", delta(", you"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
    expect(seen.every(({ connection }) => connection === "ok")).toBe(true);
  });

  test("that is told again from the start does not shrink meanwhile", async () => {
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

  test("of which some chunks come twice is not doubled", async () => {
    const { server, chat } = await tabInMidReply();
    await server.sendChunk("r1.1.2", delta("Hello"));
    await server.sendChunk("r1.1.3", delta("!"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello!▌");
  });

  test("does not hear the runner that was replaced", async () => {
    const { server, chat } = await tabInMidReply();
    await server.sendChunk("r1.2.3", delta(" again"));
    await server.sendChunk("r1.1.4", delta(" ghost"));
    expect(read(chat.getSnapshot()).at(-1)).toBe("Hello again▌");
  });

  test("that has settled while nobody looked is replaced by its message", async () => {
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

  test("is stopped once, however often it is asked for", async () => {
    const { server, chat } = await tabInMidReply();
    chat.stop();
    chat.stop();
    await settle();
    expect(server.stops).toBe(1);
    expect(chat.getSnapshot().isStopping).toBe(true);
    server.commit({
      messages: [user("u1", "Hi"), assistant("a1", "Hello", "u1", "stopped")],
      head: "a1",
      reply: null,
    });
    await server.sendDone();
    expect(chat.getSnapshot()).toMatchObject({ isStopping: false, live: null });
  });
});

const storageAway = () =>
  new ApiError("volume_unavailable", "The storage for conversations is not connected at the moment.", 503);

describe("the connection", () => {
  test("is mentioned when it has been away for two seconds, and tried ever less often", async () => {
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

  test("to a server whose storage is away: the conversation is kept, also by a reload, and it is said why", async () => {
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

  test("says what is the matter now, where the server goes away with its storage", async () => {
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

  test("is let go of while the tab is hidden, and caught up when it is shown", async () => {
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

  test("is not needed to notice in a hidden tab that the reply has ended, and then nothing is asked", async () => {
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

  test("that only ever ends at once is not opened in a loop", async () => {
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

  test("is closed for good with the conversation", async () => {
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
});

test("a model that was picked counts until the session has it", async () => {
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

test("deleting forgets what was typed and lets go of the connection; failing, it goes on", async () => {
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

test("messages that are known keep their identity when the session is read again", async () => {
  const { server, chat } = await tabInMidReply();
  const before = chat.getSnapshot().session!.messages[0];
  server.commit({ title: "Coffee" });
  await server.sendSession();
  expect(chat.getSnapshot().session!.title).toBe("Coffee");
  expect(chat.getSnapshot().session!.messages[0]).toBe(before);
});
