import { expect, test } from "vitest";
import { createConversations } from "./conversations";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createObservable } from "~/browser/page/observable";
import { followVisits } from "./visited-conversations";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";
const C = "cccccccccccccccccccccc";

/** A tab with the conversations A, B and C in its list, and a history that begins with another site. */
function openTab() {
  const entries: unknown[] = ["another site", { idx: 0, key: "default" }];
  let at = 1;
  /** Modal dialogs, the topmost last. */
  const dialogs: { name: string; dispatchEvent: () => boolean; close: () => void }[] = [];
  let onToggle: ((event: ToggleEvent) => void) | null = null;
  let onPop: (() => void) | null = null;
  const history = {
    get state() {
      return entries[at];
    },
    pushState(state: unknown, _title: string, url?: string) {
      expect(url).toBeUndefined();
      entries.splice((at += 1), Infinity, state);
    },
    replaceState(state: unknown) {
      entries[at] = state;
    },
    go: (steps: number) => go(steps),
    back: () => go(-1),
  } as unknown as History;
  const [local, session] = [fakeStorage(), fakeStorage()];
  const deletions = createObservable<readonly { id: string }[]>([]);
  let ids = 0;
  function load() {
    const tab = createSafeStorage(() => session);
    const conversations = createConversations({
      shared: createSafeStorage(() => local),
      tab,
      newId: () => String(++ids).padEnd(22, "n"),
      onOtherTab: () => undefined,
      claim: () => Promise.resolve(true),
      deletions,
    });
    const { currentId: firstId } = conversations.getSnapshot();
    const addEventListener = ((_type: string, listener: typeof onPop) => (onPop = listener)) as never;
    const document = {
      addEventListener: ((_type: string, listener: typeof onToggle) => (onToggle = listener)) as never,
      querySelectorAll: (() => dialogs) as never,
    };
    const follow = () =>
      followVisits({ page: { history, addEventListener, document }, tab, conversations, firstId });
    return { conversations, follow };
  }
  const first = load();
  for (const id of [A, B, C])
    first.conversations.remember({ id, title: id, updatedAt: "2026-01-01T00:00:00.000Z", saved: true });
  function go(steps: number) {
    at += steps;
    if (at === 0) return;
    onPop!();
  }
  return {
    ...first,
    go,
    hide: (...gone: string[]) => deletions.set(gone.map((id) => ({ id }))),
    openDialog(name: string, canClose = true) {
      const dialog = {
        name,
        dispatchEvent: () => canClose,
        close: () => void dialogs.splice(dialogs.indexOf(dialog), 1),
      };
      onToggle!({ target: { localName: "dialog" }, newState: "open" } as unknown as ToggleEvent);
      dialogs.push(dialog);
      return dialog;
    },
    dialogs: () => dialogs.map(({ name }) => name),
    reload() {
      const again = load();
      again.follow();
      return again.conversations;
    },
    history: () => JSON.stringify(entries),
    kept: () => session.getItem("holdfast.visited"),
    isAtOtherSite: () => at === 0,
  };
}

test("Back and Forward step through the shown conversations, and only then leave the page", () => {
  const tab = openTab();
  const { conversations, follow, go } = tab;
  const shown = () => conversations.getSnapshot().currentId;
  const begun = shown();
  follow();
  conversations.open(A);
  conversations.open(B);
  conversations.open(B);
  go(-1);
  expect(shown()).toBe(A);
  go(-1);
  expect(shown()).toBe(begun);
  go(2);
  expect(shown()).toBe(B);
  go(-1);
  conversations.open(C);
  go(-1);
  expect(shown()).toBe(A);
  go(-1);
  expect(tab.isAtOtherSite()).toBe(false);
});

test("history entries hold no conversation ids, and keep the state of the router", () => {
  const { conversations, follow, history } = openTab();
  follow();
  conversations.open(A);
  expect(history()).not.toContain(A);
  expect(history()).toContain('{"idx":1,"key":"default","isDouble":false,"visit":1}');
});

test("a reload keeps the visited conversations", () => {
  const { conversations, follow, go, reload } = openTab();
  follow();
  conversations.open(A);
  conversations.open(B);
  const refreshed = reload();
  expect(refreshed.getSnapshot().currentId).toBe(B);
  go(-1);
  expect(refreshed.getSnapshot().currentId).toBe(A);
});

test("a conversation opened before this code was loaded has an entry, too", () => {
  const { conversations, follow, go } = openTab();
  const begun = conversations.getSnapshot().currentId;
  conversations.open(A);
  follow();
  go(-1);
  expect(conversations.getSnapshot().currentId).toBe(begun);
});

test("the id of a deleted conversation is removed, and its entry shows the empty conversation", () => {
  const { conversations, follow, go, hide, kept } = openTab();
  follow();
  conversations.open(A);
  conversations.open(B);
  hide(A);
  expect(kept()).not.toContain(A);
  go(-1);
  const { currentId } = conversations.getSnapshot();
  expect([A, B]).not.toContain(currentId);
  go(1);
  expect(conversations.getSnapshot().currentId).toBe(B);
});

test("Back closes one dialog after the other, and then steps back as without them", () => {
  const tab = openTab();
  const { conversations, follow, go, openDialog, dialogs } = tab;
  const begun = conversations.getSnapshot().currentId;
  follow();
  openDialog("drawer");
  openDialog("settings");
  go(-1);
  expect(dialogs()).toEqual(["drawer"]);
  go(-1);
  expect(dialogs()).toEqual([]);
  conversations.open(A);
  openDialog("drawer");
  go(-1);
  expect(dialogs()).toEqual([]);
  expect(conversations.getSnapshot().currentId).toBe(A);
  go(-1);
  expect(conversations.getSnapshot().currentId).toBe(begun);
  expect(tab.isAtOtherSite()).toBe(false);
  go(-1);
  expect(tab.isAtOtherSite()).toBe(true);
});

test("a dialog closed by other means needs no Back, and one that must be answered stays open", () => {
  const tab = openTab();
  tab.follow();
  tab.openDialog("drawer").close();
  tab.openDialog("question", false);
  tab.go(-1);
  expect(tab.dialogs()).toEqual(["question"]);
  expect(tab.isAtOtherSite()).toBe(true);
});
