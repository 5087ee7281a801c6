import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createDraft } from "./draft";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const stored = new Map<string, string>();
const listeners = new Map<Storage, { key: string; listener: () => void }>();

/** Another tab on one conversation of the same browser, which hears what the others write as of a storage event. */
function openTab(conversationId: string) {
  function tell(key: string) {
    for (const [other, { key: heard, listener }] of listeners)
      if (other !== storage && heard === key) listener();
  }
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem(key: string, value: string) {
      stored.set(key, value);
      tell(key);
    },
    removeItem(key: string) {
      stored.delete(key);
      tell(key);
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

test("a draft is there again after a refresh, each conversation's own", () => {
  openTab("one").set("hello");
  vi.runAllTimers();
  expect(openTab("one").getSnapshot()).toBe("hello");
  expect(openTab("two").getSnapshot()).toBe("");
});

test("a draft that was just typed is written when the page goes", () => {
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

test("what is typed in one tab is seen in the other, and so no tab writes over what it has not shown", () => {
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

test("what another tab writes does not take away what is being typed here", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.set("her");
  there.set("there");
  there.flush();
  expect(here.getSnapshot()).toBe("her");
  here.set("here");
  vi.runAllTimers();
  expect([here.getSnapshot(), there.getSnapshot()]).toEqual(["here", "here"]);
});
