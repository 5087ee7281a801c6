import { expect, test } from "vitest";
import { createConversations } from "./conversations";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createObservable } from "~/browser/page/observable";
import { followAddress, nameIn } from "./address";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";
const C = "cccccccccccccccccccccc";

/** A tab with the conversations A, B and C in its list, and a history that begins with another site. */
function openTab() {
  type Shown = { state: unknown; url: string };
  const entries: Shown[] = [
    { state: null, url: "another site" },
    { state: { idx: 0, key: "default" }, url: "/" },
  ];
  let at = 1;
  /** Modal dialogs, the topmost last. */
  const dialogs: { name: string; dispatchEvent: () => boolean; close: () => void }[] = [];
  let onToggle: ((event: ToggleEvent) => void) | null = null;
  let onPop: (() => void) | null = null;
  const history = {
    get state() {
      return entries[at]!.state;
    },
    pushState(state: unknown, _title: string, url: string) {
      entries.splice((at += 1), Infinity, { state, url });
    },
    replaceState(state: unknown, _title: string, url: string) {
      entries[at] = { state, url };
    },
    go: (steps: number) => go(steps),
    back: () => go(-1),
  } as unknown as History;
  const location = {
    get hash() {
      return /#.*/.exec(entries[at]!.url)?.[0] ?? "";
    },
  } as Location;
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
      clock: { now: () => 1_767_225_600_000, after: () => () => undefined },
      claim: () => Promise.resolve(true),
      deletions,
      address: nameIn(location.hash),
    });
    const addEventListener = ((_type: string, listener: typeof onPop) => (onPop = listener)) as never;
    const document = {
      addEventListener: ((_type: string, listener: typeof onToggle) => (onToggle = listener)) as never,
      querySelectorAll: (() => dialogs) as never,
    };
    const follow = () =>
      followAddress({ page: { history, location, addEventListener, document }, conversations });
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
    address: () => entries[at]!.url,
    /** As a person types it, or follows a link in the page. */
    enter(url: string) {
      entries.splice((at += 1), Infinity, { state: null, url });
      onPop!();
    },
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

test("an address holds the name of the conversation and not its id, and keeps the state of the router", () => {
  const { conversations, follow, history, address } = openTab();
  follow();
  expect(address()).toBe("/");
  conversations.open(A);
  expect(address()).toBe(`/#c=${conversations.find(A)!.name}`);
  expect(history()).not.toContain(A);
  expect(history()).toContain('{"idx":1,"key":"default","isDouble":false}');
});

test("a new conversation gets its address with its first message", () => {
  const { conversations, follow, history, address } = openTab();
  follow();
  const { currentId: id } = conversations.getSnapshot();
  const before = history().length;
  conversations.remember({ id, title: "Tea", updatedAt: "2026-01-02T00:00:00.000Z", saved: false });
  expect(address()).toBe(`/#c=${conversations.find(id)!.name}`);
  expect(history().length).toBeLessThan(before + 40);
});

test("a typed address opens its conversation, an unknown one says so, and other fragments change nothing", () => {
  const { conversations, follow, enter, address } = openTab();
  follow();
  enter(`/#c=${conversations.find(B)!.name}`);
  expect(conversations.getSnapshot().currentId).toBe(B);
  enter("/#footnote-1");
  expect(conversations.getSnapshot().currentId).toBe(B);
  enter("/#c=nowhere");
  expect(conversations.getSnapshot().notice).toBe("unknownAddress");
  expect(address()).toBe("/");
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

test("the address of a deleted conversation shows the empty conversation", () => {
  const { conversations, follow, go, hide } = openTab();
  follow();
  conversations.open(A);
  conversations.open(B);
  hide(A);
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
