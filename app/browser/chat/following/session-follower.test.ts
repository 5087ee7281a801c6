import { beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "~/browser/chat/api-error";
import {
  assistant,
  delta,
  fakeServer,
  openTab,
  read,
  readLate,
  reply,
  settle,
  tabInMidReply,
  user,
} from "~/browser/chat/fake-chat";
import { messageRequestsOf } from "~/browser/chat/sending/message-requests";

beforeEach(() => void vi.useFakeTimers());

const heartbeat = ": heartbeat\n\n";

test("a stream with only heartbeats is kept open", async () => {
  const { server } = await tabInMidReply();
  for (let beats = 0; beats < 60; beats++) {
    await server.send(heartbeat);
    await vi.advanceTimersByTimeAsync(5_000);
  }
  expect(server.streams).toHaveLength(1);
});

test("a node that falls silent during a reply is left at once, and the reply goes on from the cursor", async () => {
  const { server, chat } = await tabInMidReply();
  await server.send(heartbeat);
  await vi.advanceTimersByTimeAsync(11_900);
  expect(server.streams).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.streams.map(({ cursor }) => cursor)).toEqual([null, "r1.1.2"]);
  await server.sendChunk("r1.2.3", delta(", you"));
  expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you▌"]);
  expect(chat.getSnapshot().connection).toBe("ok");
});

test("a takeover is read from the session, which names the node that writes on", async () => {
  const { server, chat } = await tabInMidReply();
  server.commit({ reply: { ...reply("r1", "a1", "u1"), epoch: 2, node: "node-2.boot" } });
  await server.sendChunk("r1.2.1", { type: "start", messageId: "a1" });
  await settle();
  expect(chat.getSnapshot().session?.reply?.node).toBe("node-2.boot");
});

test.each(["load", "watch"] as const)(
  "a node that does not answer is left, for the request %s",
  async (call) => {
    const { server, api } = fakeServer();
    server.commit({ messages: [user("u1", "Hi")], head: "u1", reply: reply("r1", "a1", "u1") });
    const unanswered: AbortSignal[] = [];
    const answers = api[call] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(api, {
      [call]: (argument: unknown, signal: AbortSignal) => {
        if (unanswered.length > 0) return answers(argument, signal);
        unanswered.push(signal);
        return new Promise(() => undefined);
      },
    });
    const { chat } = openTab(api);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(unanswered[0]!.aborted).toBe(true);
    await settle();
    await server.sendChunk("r1.1.1", { type: "start", messageId: "a1" });
    await server.sendChunk("r1.1.2", delta("Hello"));
    expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello▌"]);
  },
);

test("a node that falls silent while the session is read again is left", async () => {
  const { server, api } = fakeServer();
  server.commit({ messages: [user("u1", "Hi")], head: "u1" });
  const { chat } = openTab(api);
  await settle();
  const load = api.load;
  api.load = () => new Promise(() => undefined);
  server.commit({ title: "Coffee" });
  await server.sendSession();
  api.load = load;
  await vi.advanceTimersByTimeAsync(12_000);
  expect(chat.getSnapshot()).toMatchObject({ connection: "ok", session: { title: "Coffee" } });
});

test("a slow answer to a hidden tab does not replace a newer session", async () => {
  const { server, api, chat, setVisible } = await tabInMidReply();
  const { load } = api;
  let answerLate = () => {};
  await setVisible(false);
  api.load = async (...args) => {
    const old = await load(...args);
    await new Promise<void>((resolve) => (answerLate = resolve));
    return old;
  };
  server.commit({ title: "Older" });
  await vi.advanceTimersByTimeAsync(4_000);
  api.load = load;
  server.commit({
    messages: [user("u1", "Hi"), assistant("a1", "Hello, you", "u1")],
    head: "a1",
    reply: null,
  });
  await setVisible(true);
  expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you"]);
  answerLate();
  await settle();
  expect(read(chat.getSnapshot())).toEqual(["Hi", "Hello, you"]);
});

test("a slow answer to a closed session does not replace that to a later request", async () => {
  const { server, api, chat, stop } = await tabInMidReply();
  const arrive = await readLate({ server, api, ask: () => (stop(), vi.advanceTimersByTimeAsync(4_000)) });
  await messageRequestsOf(chat.requests).decide({ toolCallId: "t1", attempt: 1, decision: "approve" });
  server.commit({ title: "Newer" });
  await vi.advanceTimersByTimeAsync(4_000);
  expect(chat.getSnapshot().session?.title).toBe("Newer");
  await arrive();
  expect(chat.getSnapshot().session?.title).toBe("Newer");
});

test("a tab over the limit of watchers polls the session until it can watch", async () => {
  const { server, api } = fakeServer();
  server.commit({ title: "Tea", messages: [user("u1", "Hi")], head: "u1" });
  const { watch } = api;
  const full = new ApiError("too_many_requests", "Too many.", 429, { retryAt: Date.now() + 15_000 });
  api.watch = () => Promise.reject(full);
  const { chat } = openTab(api);
  await settle();
  expect(chat.getSnapshot()).toMatchObject({ phase: "ready", problem: null, session: { title: "Tea" } });
  await vi.advanceTimersByTimeAsync(14_000);
  expect(server.loads).toBe(1);
  server.commit({ title: "Coffee" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(chat.getSnapshot()).toMatchObject({ problem: null, session: { title: "Coffee" } });
  api.watch = watch;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(chat.getSnapshot().connection).toBe("ok");
  expect(server.streams).toHaveLength(1);
});
