import { describe, expect, test } from "vitest";
import { createConversations, type Conversations } from "./conversations";
import { createObservable } from "~/browser/page/observable";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage, type SafeStorage } from "~/browser/storage/safe-storage";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";

/** One browser: tabs share `local`, and each write reaches the other tabs as a storage event does. */
function fakeBrowser() {
  const local = fakeStorage();
  const listeners: { tab: number; key: string; listener: () => void }[] = [];
  let tabs = 0;
  let ids = 0;
  /** The tab that has claimed a conversation. */
  const claims = new Map<string, number>();
  const deletions = createObservable<readonly { id: string }[]>([]);
  function openTab(session = fakeStorage()) {
    const tab = ++tabs;
    const kept = createSafeStorage(() => local);
    const shared: SafeStorage = {
      ...kept,
      set(key, value) {
        kept.set(key, value);
        for (const other of listeners) if (other.tab !== tab && other.key === key) other.listener();
      },
    };
    const conversations = createConversations({
      shared,
      tab: createSafeStorage(() => session),
      newId: () => String(++ids).padEnd(22, "n"),
      onOtherTab: (key, listener) => listeners.push({ tab, key, listener }),
      claim: async (id) => {
        await Promise.resolve();
        if (!claims.has(id)) claims.set(id, tab);
        return claims.get(id) === tab;
      },
      deletions,
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
  return { local, openTab, hide, fill };
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

  test("the current conversation of a new tab is the last one of any tab", () => {
    const browser = fakeBrowser();
    browser.openTab().conversations.open(A);
    expect(browser.openTab().conversations.getSnapshot().currentId).toBe(A);
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
    expect(first.getSnapshot()).toMatchObject({ list: [], deletedElsewhere: true });
    expect(first.getSnapshot().currentId).not.toBe(currentId);
    first.open(B);
    expect(first.getSnapshot().deletedElsewhere).toBe(false);
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
    const beside = browser.openTab();
    expect(beside.conversations.getSnapshot().currentId).toBe(currentId);
    expect(browser.openTab(beside.session).conversations.reopenedId).toBeNull();
    browser.fill();
    conversations.remember(conversation(currentId, "Tea"));
    const refreshed = browser.openTab(session).conversations;
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
    expect(first.getSnapshot()).toMatchObject({ currentId, deletedElsewhere: false });
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
      { id: A, title: "", updatedAt: "", saved: true, pinned: false },
    ]);
  });

  test("an update without a title or a pin keeps them", () => {
    const { conversations } = fakeBrowser().openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.pin(A, true);
    conversations.rename(A, "Green tea");
    conversations.remember(conversation(A, "", "2026-01-02T00:00:00.000Z"));
    expect(conversations.getSnapshot().list).toEqual([
      { ...conversation(A, "Green tea", "2026-01-02T00:00:00.000Z"), pinned: true },
    ]);
  });

  test("a title and a pin set in another tab are shown", () => {
    const browser = fakeBrowser();
    const [first, second] = [browser.openTab().conversations, browser.openTab().conversations];
    first.remember(conversation(A, "Tea"));
    second.rename(A, "Green tea");
    second.pin(A, true);
    expect(first.getSnapshot().list[0]).toMatchObject({ title: "Green tea", pinned: true });
    first.pin(A, false);
    expect(second.getSnapshot().list[0]).toMatchObject({ title: "Green tea", pinned: false });
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
    expect(browser.local.getItem("holdfast.conversations")).toContain(A);
  });

  test("undoing a deletion restores the conversation with all its fields", () => {
    const browser = fakeBrowser();
    const { conversations } = browser.openTab();
    conversations.remember(conversation(A, "Tea"));
    conversations.pin(A, true);
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
    expect(here.getSnapshot()).toMatchObject({ deletedElsewhere: false });
    expect(there.getSnapshot()).toMatchObject({ deletedElsewhere: true });
    for (const tab of [here, there]) expect(tab.getSnapshot().currentId).not.toBe(A);
    browser.hide();
    for (const tab of [here, there]) {
      expect(tab.getSnapshot()).toMatchObject({ currentId: A, deletedElsewhere: false });
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
