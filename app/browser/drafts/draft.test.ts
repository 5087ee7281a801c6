import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createDraft } from "./draft";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const stored = new Map<string, string>();
const listeners = new Map<Storage, { key: string; listener: () => void }>();

/** Another tab with the same conversation, which receives the writes of other tabs as storage events. */
function openTab(conversationId: string) {
  function notify(key: string) {
    for (const [other, { key: heard, listener }] of listeners)
      if (other !== storage && heard === key) listener();
  }
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem(key: string, value: string) {
      stored.set(key, value);
      notify(key);
    },
    removeItem(key: string) {
      stored.delete(key);
      notify(key);
    },
  } as Storage;
  return createDraft(
    createSafeStorage(() => storage),
    conversationId,
    (key, listener) => listeners.set(storage, { key, listener }),
    pageClock,
  );
}

beforeEach(() => {
  stored.clear();
  listeners.clear();
  vi.useFakeTimers();
});

test("each conversation's draft is there after a reload", () => {
  openTab("one").set("hello");
  vi.runAllTimers();
  expect(openTab("one").getSnapshot()).toBe("hello");
  expect(openTab("two").getSnapshot()).toBe("");
});

test("a draft typed just now is stored when the page is closed", () => {
  const draft = openTab("one");
  draft.set("hello");
  draft.flush();
  expect(openTab("one").getSnapshot()).toBe("hello");
});

test("a draft that was sent does not come back", () => {
  const draft = openTab("one");
  draft.set("hello");
  vi.runAllTimers();
  draft.set("");
  expect(stored.size).toBe(0);
});

test("a draft that another tab has sent does not come back from this one", () => {
  const here = openTab("one");
  here.set("Shared draft");
  vi.runAllTimers();
  const there = openTab("one");
  there.set("Shared draft, and more");
  vi.runAllTimers();
  there.set("");
  expect(here.getSnapshot()).toBe("");
  here.flush();
  expect(openTab("one").getSnapshot()).toBe("");
});

test("a text typed in one tab is shown in the other, so that no tab overwrites a text that it has not shown", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.set("a long thought");
  vi.runAllTimers();
  expect(there.getSnapshot()).toBe("a long thought");
  there.set("a long thought, gone on with");
  vi.runAllTimers();
  there.flush();
  here.flush();
  expect(here.getSnapshot()).toBe("a long thought, gone on with");
  expect(openTab("one").getSnapshot()).toBe("a long thought, gone on with");
});

test("another tab's text does not replace a text that is being typed in this tab", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.set("her");
  there.set("there");
  there.flush();
  expect(here.getSnapshot()).toBe("her");
  here.set("here");
  vi.runAllTimers();
  expect([here.getSnapshot(), there.getSnapshot()]).toEqual(["here", "here"]);
});
