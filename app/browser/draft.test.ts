import { beforeEach, expect, test, vi } from "vitest";
import { createDraft } from "./draft";
import { createKeptValues } from "./kept-values";

const stored = new Map<string, string>();
const values = createKeptValues(
  () =>
    ({
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    }) as Storage,
);

beforeEach(() => {
  stored.clear();
  vi.useFakeTimers();
});

test("a draft is there again after a refresh, each conversation's own", () => {
  createDraft(values, "one").set("hello");
  vi.runAllTimers();
  expect(createDraft(values, "one").getSnapshot()).toBe("hello");
  expect(createDraft(values, "two").getSnapshot()).toBe("");
});

test("a draft that was just typed is written when the page goes", () => {
  const draft = createDraft(values, "one");
  draft.set("hello");
  draft.flush();
  expect(createDraft(values, "one").getSnapshot()).toBe("hello");
});

test("a draft that was sent does not come back", () => {
  const draft = createDraft(values, "one");
  draft.set("hello");
  vi.runAllTimers();
  draft.set("");
  expect(stored.size).toBe(0);
});

test("a draft that another tab has overwritten, or sent its own, is there again after this tab goes", () => {
  const [here, there] = [createDraft(values, "one"), createDraft(values, "one")];
  here.set("a long thought");
  vi.runAllTimers();
  there.set("x");
  there.set("");
  here.leave();
  there.leave();
  expect(createDraft(values, "one").getSnapshot()).toBe("a long thought");
});
