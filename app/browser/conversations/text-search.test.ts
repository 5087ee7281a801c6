import { expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import { ApiError } from "~/browser/chat/api-error";
import { pageClock } from "~/browser/page/page-clock";
import type { LoadedSession } from "~/browser/chat/session-api";
import { createTextSearch } from "./text-search";

/** A server whose sessions hold one text in each message, and whose answers come when they are let. */
function fakeServer(sessions: Record<string, string[]>) {
  const asked: { id: string; etag: string | null; answer: () => void }[] = [];
  let clock = 0;
  let isHeld = false;
  let version = 1;
  const api = (id: string) => ({
    async load(etag: string | null, signal?: AbortSignal): Promise<LoadedSession> {
      await new Promise<void>((answer, refuse) => {
        asked.push({ id, etag, answer });
        signal?.addEventListener("abort", () => refuse(new Error("aborted")));
        if (!isHeld) answer();
      });
      const texts = sessions[id];
      if (!texts) throw new ApiError("unreachable", "No.", 0);
      const current = `"${version}"`;
      if (etag === current) return { kind: "unchanged" };
      const messages = texts.map((text, index) => ({
        id: `${id}${index}`,
        role: "assistant",
        parts: [{ type: "text", text }],
      }));
      return { kind: "session", etag: current, session: { messages } as unknown as SessionView };
    },
  });
  return {
    asked,
    search: createTextSearch(api, { ...pageClock, now: () => clock }, 0),
    pass: (ms: number) => void (clock += ms),
    hold: () => void (isHeld = true),
    change: (id: string, texts: string[]) => {
      sessions[id] = texts;
      version += 1;
    },
  };
}

const found = ({ search }: ReturnType<typeof fakeServer>) =>
  search.getSnapshot().hits.map(({ messageId, found: text }) => `${messageId} ${text}`);

test("a search finds messages in all conversations, in the order of the list", async () => {
  const server = fakeServer({ a: ["Nothing", "A Café"], b: ["the CAFE", "cafés"], c: ["tea"] });
  await server.search.search("cafe", ["b", "c", "a"]);
  expect(found(server)).toEqual(["b0 CAFE", "b1 café", "a1 Café"]);
  expect(server.search.getSnapshot()).toMatchObject({ done: 3, total: 3, failed: 0, isRunning: false });
});

test("hits are the same ones until there are more, however many conversations are searched", async () => {
  const server = fakeServer({ a: ["tea"], b: ["coffee"], c: ["cocoa"], d: ["black tea"] });
  const seen = new Set<unknown>();
  server.search.subscribe(() => seen.add(server.search.getSnapshot().hits));
  await server.search.search("tea", ["a", "b", "c", "d"]);
  expect(found(server)).toEqual(["a0 tea", "d0 tea"]);
  expect(seen.size).toBe(3);
});

test("a search reads few conversations at a time", async () => {
  const ids = Array.from({ length: 10 }, (_, index) => `s${index}`);
  const server = fakeServer(Object.fromEntries(ids.map((id) => [id, ["tea"]])));
  server.hold();
  const done = server.search.search("tea", ids);
  for (let answered = 0; answered < ids.length; answered += 1) {
    await expect.poll(() => server.asked.length).toBe(Math.min(ids.length, answered + 3));
    expect(server.search.getSnapshot()).toMatchObject({ done: answered, total: 10, isRunning: true });
    server.asked[answered]!.answer();
  }
  await done;
  expect(found(server)).toHaveLength(10);
});

test("a second search sends no requests at first, and conditional ones later", async () => {
  const server = fakeServer({ a: ["tea"] });
  await server.search.search("tea", ["a"]);
  await server.search.search("te", ["a"]);
  expect(server.asked).toHaveLength(1);
  server.pass(61_000);
  await server.search.search("tea", ["a"]);
  expect(server.asked[1]).toMatchObject({ etag: '"1"' });
  expect(found(server)).toEqual(["a0 tea"]);
  server.change("a", ["coffee"]);
  server.pass(61_000);
  await server.search.search("tea", ["a"]);
  expect(found(server)).toEqual([]);
});

test("a conversation that cannot be read is counted, and does not end the search", async () => {
  const server = fakeServer({ b: ["tea"] });
  await server.search.search("tea", ["a", "b"]);
  expect(found(server)).toEqual(["b0 tea"]);
  expect(server.search.getSnapshot()).toMatchObject({ done: 2, failed: 1 });
});

test("a search can be cancelled, and a newer one replaces an older one", async () => {
  const server = fakeServer({ a: ["tea"], b: ["tea and coffee"] });
  server.hold();
  const first = server.search.search("tea", ["a", "b"]);
  server.search.cancel();
  await first;
  expect(server.search.getSnapshot()).toMatchObject({ hits: [], isRunning: false });
  expect(server.asked).toEqual([]);
  const second = server.search.search("tea", ["a"]);
  await expect.poll(() => server.asked.length).toBe(1);
  const third = server.search.search("coffee", ["b"]);
  await expect.poll(() => server.asked.length).toBe(2);
  for (const { answer } of server.asked) answer();
  await Promise.all([second, third]);
  expect(found(server)).toEqual(["b0 coffee"]);
});

test("a new search removes the hits of the previous one", async () => {
  const server = fakeServer({ a: ["tea"] });
  await server.search.search("tea", ["a"]);
  const next = server.search.search("teapot", ["a"]);
  expect(server.search.getSnapshot()).toMatchObject({ hits: [], done: 0, total: 1, isRunning: true });
  await next;
  expect(server.search.getSnapshot()).toMatchObject({ hits: [], done: 1, isRunning: false });
});

test("a snippet has the words that are shown, without the marks of Markdown", async () => {
  const server = fakeServer({ a: ["The **Crème** `brûlée` was [burnt](https://example.com)."] });
  await server.search.search("brulee", ["a"]);
  expect(server.search.getSnapshot().hits).toMatchObject([
    { before: "The Crème ", found: "brûlée", after: " was burnt." },
  ]);
});

test("a search ends after two hundred conversations, until more is asked for", async () => {
  const ids = Array.from({ length: 250 }, (_, index) => `s${index}`);
  const server = fakeServer(Object.fromEntries(ids.map((id, index) => [id, [index % 100 ? "-" : "tea"]])));
  await server.search.search("tea", ids);
  expect(found(server)).toHaveLength(2);
  expect(server.search.getSnapshot()).toMatchObject({ done: 200, hasMore: true });
  await server.search.searchMore();
  expect(found(server)).toHaveLength(3);
  expect(server.search.getSnapshot()).toMatchObject({ done: 250, hasMore: false });
  expect(server.asked).toHaveLength(250);
});

test("a search ends with a hundred hits", async () => {
  const ids = Array.from({ length: 150 }, (_, index) => `s${index}`);
  const server = fakeServer(Object.fromEntries(ids.map((id) => [id, ["tea"]])));
  await server.search.search("tea", ids);
  expect(found(server)).toHaveLength(100);
  expect(server.asked.length).toBeLessThan(110);
  expect(server.search.getSnapshot()).toMatchObject({ hasMore: false });
});
