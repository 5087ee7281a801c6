import { expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import { ApiError } from "~/browser/chat/api-error";
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
      const messages = texts.map((text, index) => ({ id: `${id}${index}`, parts: [{ type: "text", text }] }));
      return { kind: "session", etag: current, session: { messages } as unknown as SessionView };
    },
  });
  return {
    asked,
    search: createTextSearch(api, () => clock, 0),
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

test("finds messages in every conversation, in the order of the list", async () => {
  const server = fakeServer({ a: ["Nothing", "A Café"], b: ["the CAFE", "cafés"], c: ["tea"] });
  await server.search.search("cafe", ["b", "c", "a"]);
  expect(found(server)).toEqual(["b0 CAFE", "b1 café", "a1 Café"]);
  expect(server.search.getSnapshot()).toMatchObject({ done: 3, total: 3, failed: 0, isRunning: false });
});

test("asks for few conversations at a time", async () => {
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

test("asks nothing for another search at once, and later only whether it has changed", async () => {
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

test("what cannot be read is counted, and does not end the search", async () => {
  const server = fakeServer({ b: ["tea"] });
  await server.search.search("tea", ["a", "b"]);
  expect(found(server)).toEqual(["b0 tea"]);
  expect(server.search.getSnapshot()).toMatchObject({ done: 2, failed: 1 });
});

test("can be ended, and a newer one takes the place of an older", async () => {
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

test("what was found for one text is gone as soon as another is looked for", async () => {
  const server = fakeServer({ a: ["tea"] });
  await server.search.search("tea", ["a"]);
  const next = server.search.search("teapot", ["a"]);
  expect(server.search.getSnapshot()).toMatchObject({ hits: [], done: 0, total: 1, isRunning: true });
  await next;
  expect(server.search.getSnapshot()).toMatchObject({ hits: [], done: 1, isRunning: false });
});
