import { describe, expect, test } from "vitest";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { createConversations, type Conversations } from "./conversations";
import { createObservable } from "~/browser/page/observable";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage, type SafeStorage } from "~/browser/storage/safe-storage";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";

/** One browser: tabs share `local`, and each write reaches the other tabs as a storage event does. */
function fakeBrowser({ hasLocks = true } = {}) {
  const local = fakeStorage();
  const listeners: { tab: number; key: string; listener: (key: string) => void }[] = [];
  const time = createFakeTime();
  let tabs = 0;
  let ids = 0;
  /** The tab that has claimed a conversation. */
  const claims = new Map<string, number>();
  const deletions = createObservable<readonly { id: string }[]>([]);
  function openTab(session = fakeStorage(), options: { address?: string; opensLast?: boolean } = {}) {
    const tab = ++tabs;
    const kept = createSafeStorage(() => local);
    const tell = (changed: string) => {
      for (const { tab: other, key, listener } of listeners) {
        if (other !== tab && changed.startsWith(key)) listener(changed);
      }
    };
    const shared: SafeStorage = {
      ...kept,
      set(key, value) {
        kept.set(key, value);
        tell(key);
      },
    };
    const conversations = createConversations({
      shared,
      tab: createSafeStorage(() => session),
      newId: () => String(++ids).padEnd(22, "n"),
      onOtherTab: (key, listener) => listeners.push({ tab, key, listener }),
      clock: { now: () => 1_767_225_600_000 + time.now(), after: time.timer },
      claim: hasLocks
        ? async (id) => {
            await Promise.resolve();
            if (!claims.has(id)) claims.set(id, tab);
            return claims.get(id) === tab;
          }
        : null,
      deletions,
      ...options,
    });
    function close() {
      for (const [id, owner] of claims) if (owner === tab) claims.delete(id);
      for (const entry of listeners) if (entry.tab === tab) entry.listener = () => undefined;
    }
    return { conversations, session, close };
  }
  /** As the deletions of all tabs say it, whichever tab it was in. */
  const hide = (...ids: string[]) => deletions.set(ids.map((id) => ({ id })));
  /** From now on storage has no room. */
  const fill = () =>
    (local.setItem = () => {
      throw new DOMException("Full.", "QuotaExceededError");
    });
  return { local, openTab, hide, fill, time };
}

const conversation = (id: string, title: string, updatedAt = "2026-01-01T00:00:00.000Z") => ({
  id,
  title,
  updatedAt,
  saved: true,
});

describe("the current conversation", () => {
  test("the current conversation survives a reload of its tab", () => {
    const browser = fakeBrowser();
    const { conversations, session } = browser.openTab();
    const { currentId } = conversations.getSnapshot();
    expect(browser.openTab(session).conversations.getSnapshot().currentId).toBe(currentId);
  });

  test("a new tab shows a new conversation, from which the last one is known; or that one, if wanted", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.open(A);
    const next = browser.openTab().conversations;
    expect(next.find(next.getSnapshot().currentId)).toBeUndefined();
    expect(next.last()).toMatchObject({ id: A, title: "Tea" });
    conversations.open(A);
    const { conversations: other } = browser.openTab(fakeStorage(), { opensLast: true });
    expect(other.getSnapshot().currentId).toBe(A);
    expect(other.last()).toBeUndefined();
  });

  test("an address shows its conversation in any tab of the browser, and is kept on a reload", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    const { name } = conversations.find(A)!;
    expect(A).not.toContain(name);
    const there = browser.openTab(fakeStorage(), { address: name });
    expect(there.conversations.getSnapshot()).toMatchObject({ currentId: A, notice: null });
    there.conversations.startNew();
    const again = browser.openTab(there.session, { address: name });
    expect(again.conversations.getSnapshot().currentId).toBe(A);
  });

  test("an unknown address shows an empty conversation, which says so", () => {
    const { conversations } = fakeBrowser().openTab(fakeStorage(), { address: "nowhere" });
    const { currentId, notice } = conversations.getSnapshot();
    expect(notice).toBe("unknownAddress");
    conversations.openNamed("<script>");
    expect(conversations.getSnapshot()).toMatchObject({ currentId, notice: "unknownAddress" });
    conversations.startNew();
    expect(conversations.getSnapshot()).toMatchObject({ currentId, notice: null });
  });

  test("the current conversation of one tab is not changed by another tab", () => {
    const browser = fakeBrowser();
    const first = browser.openTab();
    first.conversations.open(A);
    browser.openTab().conversations.open(B);
    expect(first.conversations.getSnapshot().currentId).toBe(A);
    expect(browser.openTab(first.session).conversations.getSnapshot().currentId).toBe(A);
  });

  test("a current conversation deleted in another tab is replaced by an empty one, which says so", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    const { currentId } = first.getSnapshot();
    first.remember(conversation(currentId, "Tea"));
    second.forget(currentId);
    expect(first.getSnapshot()).toMatchObject({ list: [], notice: "deletedElsewhere" });
    expect(first.getSnapshot().currentId).not.toBe(currentId);
    first.open(B);
    expect(first.getSnapshot().notice).toBeNull();
  });

  test("each tab has one conversation without a message, and returns to it", () => {
    const { conversations } = fakeBrowser().openTab();
    const { currentId } = conversations.getSnapshot();
    conversations.startNew();
    expect(conversations.getSnapshot().currentId).toBe(currentId);
    conversations.open(A);
    conversations.startNew();
    expect(conversations.getSnapshot().currentId).toBe(currentId);
    conversations.remember(conversation(currentId, "Sent now"));
    conversations.startNew();
    expect(conversations.getSnapshot().currentId).not.toBe(currentId);
  });

  test("a conversation with messages is requested after a reload even if the list could not be stored", () => {
    const browser = fakeBrowser();
    const { conversations, session } = browser.openTab();
    const { currentId } = conversations.getSnapshot();
    expect(browser.openTab(session).conversations.reopenedId).toBeNull();
    // A tab that shows the empty conversation of another tab.
    const beside = browser.openTab(fakeStorage(), { opensLast: true });
    expect(beside.conversations.getSnapshot().currentId).toBe(currentId);
    expect(browser.openTab(beside.session).conversations.reopenedId).toBeNull();
    browser.fill();
    conversations.remember(conversation(currentId, "Tea"));
    const { name } = conversations.find(currentId)!;
    const refreshed = browser.openTab(session, { address: name }).conversations;
    expect(refreshed.getSnapshot()).toMatchObject({ currentId, list: [] });
    expect(refreshed.reopenedId).toBe(currentId);
    expect(browser.openTab().conversations.reopenedId).toBeNull();
  });

  test("a deleted conversation is not reused as the empty one", () => {
    const { conversations } = fakeBrowser().openTab();
    const { currentId } = conversations.getSnapshot();
    conversations.remember(conversation(currentId, "Sent"));
    conversations.forget(currentId);
    expect(conversations.getSnapshot().currentId).not.toBe(currentId);
  });

  test("a new current conversation stays when other tabs change the list", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    first.startNew();
    const { currentId } = first.getSnapshot();
    second.remember(conversation(A, "Tea"));
    expect(first.getSnapshot()).toMatchObject({ currentId, notice: null });
  });
});

describe("the draft of a conversation without a message", () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  /** A tab that has begun a new conversation, written into it, and gone back to another one. */
  async function tabWithDraft(browser: ReturnType<typeof fakeBrowser>, kind: "draft" | "files" = "draft") {
    const tab = browser.openTab();
    tab.conversations.remember(conversation(A, "Tea"));
    tab.conversations.startNew();
    const { currentId } = tab.conversations.getSnapshot();
    browser.local.setItem(`holdfast.${kind}.${currentId}`, "words");
    tab.conversations.open(A);
    await settled();
    return { ...tab, draftId: currentId };
  }
  async function newIn({ conversations }: { conversations: Conversations }) {
    await settled();
    conversations.startNew();
    return conversations.getSnapshot().currentId;
  }

  test.each(["draft", "files"] as const)(
    "is found by a new tab once its own is closed (%s)",
    async (kind) => {
      const browser = fakeBrowser();
      const { close, draftId } = await tabWithDraft(browser, kind);
      expect(await newIn(browser.openTab())).not.toBe(draftId);
      close();
      const [next, another] = [browser.openTab(), browser.openTab()];
      expect(await newIn(next)).toBe(draftId);
      expect(await newIn(another)).not.toBe(draftId);
    },
  );

  test("a new tab shows it once its own is closed; without locks, if it was shown last", async () => {
    const browser = fakeBrowser();
    const { close, draftId } = await tabWithDraft(browser);
    close();
    const next = browser.openTab().conversations;
    await next.ready;
    expect(next.getSnapshot().currentId).toBe(draftId);

    const plain = fakeBrowser({ hasLocks: false });
    const { conversations } = plain.openTab();
    const { currentId } = conversations.getSnapshot();
    plain.local.setItem(`holdfast.draft.${currentId}`, "words");
    const beside = plain.openTab().conversations;
    await beside.ready;
    expect(beside.getSnapshot().currentId).toBe(currentId);
  });

  test("the conversation without a message stays its tab's after a reload", async () => {
    const browser = fakeBrowser();
    const { close, session, draftId } = await tabWithDraft(browser);
    close();
    expect(await newIn(browser.openTab(session))).toBe(draftId);
    expect(await newIn(browser.openTab())).not.toBe(draftId);
  });

  test("two abandoned drafts are adopted one after the other, and none of a sent message", async () => {
    const browser = fakeBrowser();
    const tabs = [await tabWithDraft(browser), await tabWithDraft(browser), await tabWithDraft(browser)];
    const [first, second, sent] = tabs.map(({ draftId }) => draftId);
    tabs[2]!.conversations.remember(conversation(sent!, "Sent"));
    await settled();
    for (const { close } of tabs) close();
    const tab = browser.openTab();
    expect(await newIn(tab)).toBe(first);
    tab.conversations.remember(conversation(first!, "Sent"));
    expect(await newIn(tab)).toBe(second);
    tab.conversations.remember(conversation(second!, "Sent"));
    expect(tabs.map(({ draftId }) => draftId)).not.toContain(await newIn(tab));
  });
});

describe("the list", () => {
  test("the list has the newest conversation first, and each one once", () => {
    const { conversations } = fakeBrowser().openTab();
    conversations.remember(conversation(A, "Tea", "2026-01-01T00:00:00.000Z"));
    conversations.remember(conversation(B, "Coffee", "2026-01-02T00:00:00.000Z"));
    conversations.remember(conversation(A, "Green tea", "2026-01-03T00:00:00.000Z"));
    expect(conversations.getSnapshot().list.map(({ title }) => title)).toEqual(["Green tea", "Coffee"]);
  });

  test("the list keeps the additions of two tabs", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    first.remember(conversation(A, "Tea"));
    second.remember(conversation(B, "Coffee"));
    for (const tab of [first, second]) expect(tab.getSnapshot().list).toHaveLength(2);
  });

  test("the list is not written if nothing changes", () => {
    const { conversations } = fakeBrowser().openTab();
    conversations.remember(conversation(A, "Tea"));
    const before = conversations.getSnapshot();
    conversations.remember(conversation(A, "Tea"));
    expect(conversations.getSnapshot()).toBe(before);
  });

  test("a damaged list is kept aside", () => {
    const browser = fakeBrowser();
    browser.local.setItem("holdfast.conversations", "[{oops");
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    expect(conversations.getSnapshot().list).toHaveLength(1);
    expect(browser.local.getItem("holdfast.conversations.damaged")).toBe("[{oops");
  });

  test("the list leaves out entries without a valid id, and completes entries without a title", () => {
    const browser = fakeBrowser();
    browser.local.setItem(
      "holdfast.conversations",
      JSON.stringify([null, 7, { id: "../etc" }, { id: A, title: 3 }]),
    );
    expect(browser.openTab().conversations.getSnapshot().list).toEqual([
      expect.objectContaining({ id: A, title: "", updatedAt: "", saved: true, pinned: false }),
    ]);
  });

  test("an update without a title or a pin keeps them", () => {
    const { conversations } = fakeBrowser().openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.edit([A], { pinned: true });
    conversations.edit([A], { title: "Green tea" });
    conversations.remember(conversation(A, "", "2026-01-02T00:00:00.000Z"));
    expect(conversations.getSnapshot().list).toEqual([
      expect.objectContaining({
        ...conversation(A, "Green tea", "2026-01-02T00:00:00.000Z"),
        pinned: true,
      }),
    ]);
  });

  test("a title and a pin set in another tab are shown", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    first.remember(conversation(A, "Tea"));
    second.edit([A], { title: "Green tea" });
    second.edit([A], { pinned: true });
    expect(first.getSnapshot().list[0]).toMatchObject({ title: "Green tea", pinned: true });
    first.edit([A], { pinned: false });
    expect(second.getSnapshot().list[0]).toMatchObject({ title: "Green tea", pinned: false });
  });
});

describe("the stored list", () => {
  const LIST = "holdfast.conversations";
  const earlier = (...entries: object[]) => JSON.stringify(entries);

  test("a list of an earlier version opens, and keeps what an earlier tab adds, but no deleted entry comes back", async () => {
    const browser = fakeBrowser();
    browser.local.setItem(LIST, earlier(conversation(A, "Tea"), conversation(B, "Coffee")));
    const { conversations } = browser.openTab();
    expect(conversations.getSnapshot().list).toHaveLength(2);
    const folder = conversations.addFolder("Drinks");
    conversations.edit([A], { folder, archived: true });
    conversations.forget(B);
    const C = "cccccccccccccccccccccc";
    // As a tab of an earlier version writes it, which knows no folders.
    const again = [conversation(A, "Tea"), conversation(B, "Coffee"), conversation(C, "Cocoa")];
    browser.local.setItem(LIST, earlier(...again));
    const next = browser.openTab().conversations;
    expect(next.getSnapshot().list.map(({ title }) => title)).toEqual(["Cocoa"]);
    expect(next.find(A)).toMatchObject({ folder, archived: true });
    await browser.time.advance(2_000);
    expect(JSON.parse(browser.local.getItem(LIST)!)).toEqual([
      { ...conversation(C, "Cocoa"), pinned: false },
    ]);
  });

  test("after a roll-back the newest 500 conversations are there", async () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    const date = (index: number) => new Date(1_767_000_000_000 + index * 1_000).toISOString();
    const id = (index: number) => String(index).padEnd(22, "-");
    const many = Array.from({ length: 510 }, (_, index) => conversation(id(index), "Tea", date(index)));
    conversations.remember(...many);
    await browser.time.advance(2_000);
    const stored = JSON.parse(browser.local.getItem(LIST)!) as { id: string }[];
    expect(stored).toHaveLength(500);
    expect(stored[0]!.id).toBe(id(509));
  });

  test("a change writes one entry, however many there are", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"), conversation(B, "Coffee"));
    const written: string[] = [];
    const { setItem } = browser.local;
    browser.local.setItem = (key, value) => {
      written.push(key);
      setItem.call(browser.local, key, value);
    };
    conversations.edit([A], { pinned: true });
    expect(written).toHaveLength(1);
    expect(browser.local.getItem(written[0]!)).toContain(A);
    expect(browser.local.getItem(written[0]!)).not.toContain(B);
  });

  test("with a full storage the list is kept in this tab, and stored when there is room", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    browser.local.setItem("holdfast.lastSeen", "a copy of a long conversation");
    const { setItem } = browser.local;
    browser.local.setItem = (key, value) => {
      if (browser.local.getItem("holdfast.lastSeen")) throw new DOMException("Full.", "QuotaExceededError");
      setItem.call(browser.local, key, value);
    };
    conversations.remember(conversation(A, "Tea"));
    expect(browser.openTab().conversations.find(A)).toMatchObject({ title: "Tea" });
    browser.fill();
    conversations.remember(conversation(B, "Coffee"));
    expect(conversations.find(B)).toMatchObject({ title: "Coffee" });
    expect(browser.openTab().conversations.find(B)).toBeUndefined();
  });

  test("a folder keeps its conversations when it is removed and brought back", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    const key = first.addFolder("Drinks");
    first.remember({ ...conversation(A, "Tea"), folder: key });
    second.editFolder(key, { title: "Hot drinks" });
    expect(first.getSnapshot().folders).toEqual([{ key, title: "Hot drinks" }]);
    first.editFolder(key, { removed: true });
    for (const tab of [first, second]) {
      expect(tab.getSnapshot().folders).toEqual([]);
      expect(tab.find(A)).toMatchObject({ title: "Tea" });
    }
    second.editFolder(key, { removed: false });
    expect(first.getSnapshot().folders).toHaveLength(1);
    expect(first.find(A)!.folder).toBe(key);
  });
});

describe("a conversation that is about to be deleted", () => {
  test("a conversation about to be deleted is hidden in each tab, and stays in the stored list", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    first.remember(conversation(A, "Tea"));
    browser.hide(A);
    for (const tab of [first, second]) expect(tab.getSnapshot().list).toEqual([]);
    second.remember(conversation(B, "Coffee"));
    browser.hide();
    expect(first.find(A)).toMatchObject({ title: "Tea" });
  });

  test("undoing a deletion restores the conversation with all its fields", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.edit([A], { pinned: true });
    browser.hide(A);
    browser.hide();
    expect(conversations.getSnapshot().list[0]).toMatchObject({ id: A, title: "Tea", pinned: true });
  });

  test("a current conversation about to be deleted is replaced by an empty one, and shown again when that is undone", () => {
    const browser = fakeBrowser();
    const [here, there] = [browser.openTab().conversations, browser.openTab().conversations];
    here.remember(conversation(A, "Tea"));
    for (const tab of [here, there]) tab.open(A);
    here.leave(A);
    browser.hide(A);
    expect(here.getSnapshot()).toMatchObject({ notice: null });
    expect(there.getSnapshot()).toMatchObject({ notice: "deletedElsewhere" });
    for (const tab of [here, there]) expect(tab.getSnapshot().currentId).not.toBe(A);
    browser.hide();
    for (const tab of [here, there]) {
      expect(tab.getSnapshot()).toMatchObject({ currentId: A, notice: null });
    }
  });

  test("undoing a deletion does not show the conversation if another one was opened meanwhile", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    for (const id of [A, B]) conversations.remember(conversation(id, "Tea"));
    conversations.open(A);
    conversations.leave(A);
    browser.hide(A);
    conversations.open(B);
    browser.hide();
    expect(conversations.getSnapshot().currentId).toBe(B);
  });

  test("a conversation about to be deleted is not opened by a reloaded or a new tab", () => {
    const browser = fakeBrowser();
    const { conversations, session } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.open(A);
    browser.hide(A);
    for (const tab of [browser.openTab(session), browser.openTab()]) {
      expect(tab.conversations.getSnapshot().currentId).not.toBe(A);
    }
  });
});

test("an invalid current id is replaced", () => {
  const browser = fakeBrowser();
  browser.local.setItem("holdfast.current", "<script>");
  expect(browser.openTab().conversations.getSnapshot().currentId).toMatch(/^[A-Za-z0-9_-]{22}$/);
});
