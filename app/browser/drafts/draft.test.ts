import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createDraft } from "./draft";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const stored = new Map<string, string>();
const listeners = new Map<Storage, Map<string, () => void>>();

/** A tab, with what it keeps on a reload. Tabs receive the writes of others as storage events. */
function openTab(conversationId: string, session = fakeStorage()) {
  function notify(key: string) {
    for (const [other, heard] of listeners) if (other !== storage) heard.get(key)?.();
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
  const heard = new Map<string, () => void>();
  listeners.set(storage, heard);
  const draft = createDraft({
    shared: createSafeStorage(() => storage),
    tab: createSafeStorage(() => session),
    conversationId,
    onOtherTab: (key, listener) => heard.set(key, listener),
    clock: pageClock,
  });
  return {
    ...draft,
    /** Types a text and waits until it is stored. */
    type(text: string) {
      draft.set(text);
      vi.runAllTimers();
    },
    reload() {
      draft.flush();
      listeners.delete(storage);
      return openTab(conversationId, session);
    },
  };
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

test("a text that another tab types right after one was stored is not overwritten by that", () => {
  const [first, second] = [openTab("one"), openTab("one")];
  first.set("A draft");
  second.set("Another draft");
  const reloaded = first.reload();
  vi.runAllTimers();
  for (const tab of [reloaded, second]) {
    expect(tab.getSnapshot()).toBe("Another draft");
    expect(tab.aside.getSnapshot()).toEqual(["A draft"]);
  }
});

test("a draft that was sent, or deleted where it was typed, leaves nothing behind", () => {
  const draft = openTab("one");
  draft.type("hello");
  draft.clear();
  expect(stored.size).toBe(0);
  draft.type("hello");
  draft.type("");
  expect(stored.size).toBe(0);
});

test("a draft that another tab has sent does not come back from this one", () => {
  const here = openTab("one");
  here.type("Shared draft");
  const there = openTab("one");
  there.type("Shared draft, and more");
  there.clear();
  expect(here.getSnapshot()).toBe("");
  here.flush();
  expect(openTab("one").getSnapshot()).toBe("");
  expect(here.aside.getSnapshot()).toEqual([]);
});

test("a draft that was typed just now, and sent in another tab at once, does not come back", () => {
  const [typed, sent] = [openTab("one"), openTab("one")];
  typed.set("hello");
  expect(sent.getSnapshot()).toBe("hello");
  sent.clear();
  expect(typed.getSnapshot()).toBe("");
  vi.runAllTimers();
  expect([typed.getSnapshot(), sent.getSnapshot(), stored.size]).toEqual(["", "", 0]);
});

test("a text typed in one tab is shown in the other, which goes on with it", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.type("a long thought");
  expect(there.getSnapshot()).toBe("a long thought");
  there.type("a long thought, gone on with");
  expect(here.getSnapshot()).toBe("a long thought, gone on with");
  expect(openTab("one").getSnapshot()).toBe("a long thought, gone on with");
  expect(here.aside.getSnapshot()).toEqual([]);
});

test("words that another tab replaces are put aside, also through a reload of both", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.type("first draft");
  there.set("second draft");
  const [one, two] = [here.reload(), there.reload()];
  for (const tab of [one, two]) {
    expect(tab.getSnapshot()).toBe("second draft");
    expect(tab.aside.getSnapshot()).toEqual(["first draft"]);
  }
  one.showAside();
  for (const tab of [one, two]) {
    expect(tab.getSnapshot()).toBe("first draft");
    expect(tab.aside.getSnapshot()).toEqual(["second draft"]);
  }
  two.dropAside();
  expect(one.aside.getSnapshot()).toEqual([]);
});

test("a tab that learns of the other's text only when it is loaded puts its own aside", () => {
  const session = fakeStorage();
  openTab("one", session).type("first draft");
  listeners.clear();
  openTab("one").type("second draft");
  expect(openTab("one", session).aside.getSnapshot()).toEqual(["first draft"]);
});

test("deleting another tab's words is not sending them", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.type("first draft");
  there.type("");
  there.type("second draft");
  there.clear();
  expect(here.aside.getSnapshot()).toEqual(["first draft"]);
  here.showAside();
  expect(here.getSnapshot()).toBe("first draft");
  here.clear();
  expect(there.aside.getSnapshot()).toEqual([]);
});

test("texts typed in two tabs at the same moment are both kept", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.set("her");
  there.set("there");
  here.set("here");
  expect(here.getSnapshot()).toBe("here");
  vi.runAllTimers();
  expect(here.getSnapshot()).toBe(there.getSnapshot());
  expect(here.getSnapshot()).toBe("here");
  expect(here.aside.getSnapshot()).toContain("there");
});

test("what was put aside goes with its conversation", () => {
  const [here, there] = [openTab("one"), openTab("one")];
  here.type("first draft");
  there.type("second draft");
  there.forget();
  expect(stored.size).toBe(0);
});
