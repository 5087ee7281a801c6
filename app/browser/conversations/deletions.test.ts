import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createDeletions } from "./deletions";
import { createSafeStorage, type SafeStorage } from "~/browser/storage/safe-storage";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const tea = { id: A, title: "Tea" };

beforeEach(() => void vi.useFakeTimers());

/** One browser whose tabs share their storage; each write reaches the other tabs. */
function fakeBrowser() {
  const values = new Map<string, string>();
  const kept = createSafeStorage(
    () =>
      ({
        getItem: (key: string) => values.get(key) ?? null,
        setItem: (key: string, value: string) => void values.set(key, value),
        removeItem: (key: string) => void values.delete(key),
      }) as Storage,
  );
  const listeners = new Map<object, () => void>();
  const carriedOut: string[] = [];

  function openTab(carryOut: () => Promise<void> = () => Promise.resolve()) {
    const tab = { name: "", isClosed: false };
    const notifyOthers = () => [...listeners].forEach(([other, listener]) => other !== tab && listener());
    const shared: SafeStorage = {
      ...kept,
      set(key, value) {
        kept.set(key, value);
        notifyOthers();
      },
      remove(key) {
        kept.remove(key);
        notifyOthers();
      },
    };
    const failed: string[] = [];
    const deletions = createDeletions({
      shared,
      onOtherTab: (_, listener) => listeners.set(tab, listener),
      clock: pageClock,
      random: () => 0.5,
      carryOut: (id) => {
        if (!tab.isClosed) carriedOut.push(id);
        return tab.isClosed ? new Promise(() => undefined) : carryOut();
      },
      isPassing: (error) => error === "passing",
      onFailure: (title) => failed.push(title),
    });
    deletions.start();
    const close = () => {
      tab.isClosed = true;
      listeners.delete(tab);
    };
    return { deletions, failed, close };
  }
  return { openTab, carriedOut, values };
}

test("a deletion can be undone for ten seconds, in every tab, and is carried out once after that", async () => {
  const browser = fakeBrowser();
  const [here, there] = [browser.openTab(), browser.openTab()];
  here.deletions.add(tea);
  for (const { deletions } of [here, there]) {
    expect(deletions.getSnapshot()).toEqual([{ ...tea, batch: A, canUndo: true }]);
  }
  await vi.advanceTimersByTimeAsync(9_999);
  expect(there.deletions.getSnapshot()).toEqual([{ ...tea, batch: A, canUndo: true }]);
  expect(browser.carriedOut).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(there.deletions.getSnapshot()).toEqual([{ ...tea, batch: A, canUndo: false }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(browser.carriedOut).toEqual([A]);
  for (const { deletions } of [here, there]) expect(deletions.getSnapshot()).toEqual([]);
  expect(browser.values.size).toBe(0);
});

test("a deletion undone in any tab is not carried out", async () => {
  const browser = fakeBrowser();
  const [here, there] = [browser.openTab(), browser.openTab()];
  here.deletions.add(tea);
  there.deletions.undo(A);
  expect(here.deletions.getSnapshot()).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(browser.carriedOut).toEqual([]);
});

test("a tab that is closed leaves its deletion to another one", async () => {
  const browser = fakeBrowser();
  const [here] = [browser.openTab(), browser.openTab()];
  here.deletions.add(tea);
  here.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(browser.carriedOut).toEqual([A]);
});

test("a tab opened later carries out overdue deletions, and shows the others", async () => {
  const browser = fakeBrowser();
  const here = browser.openTab();
  here.deletions.add(tea);
  here.close();
  await vi.advanceTimersByTimeAsync(5_000);
  const soon = browser.openTab();
  expect(soon.deletions.getSnapshot()).toEqual([{ ...tea, batch: A, canUndo: true }]);
  soon.close();
  await vi.advanceTimersByTimeAsync(86_400_000);
  const later = browser.openTab();
  await vi.advanceTimersByTimeAsync(0);
  expect(browser.carriedOut).toEqual([A]);
  expect(later.deletions.getSnapshot()).toEqual([]);
});

test("a deletion that fails for a passing reason is repeated, and the conversation stays hidden", async () => {
  const browser = fakeBrowser();
  let failures = 3;
  const { deletions, failed } = browser.openTab(() =>
    failures-- > 0 ? Promise.reject("passing") : Promise.resolve(),
  );
  deletions.add(tea);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(deletions.getSnapshot()).toEqual([{ ...tea, batch: A, canUndo: false }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(browser.carriedOut).toEqual([A, A, A, A]);
  expect(deletions.getSnapshot()).toEqual([]);
  expect(failed).toEqual([]);
});

test("a refused deletion is undone, with an error", async () => {
  const browser = fakeBrowser();
  const { deletions, failed } = browser.openTab(() => Promise.reject("refused"));
  deletions.add(tea);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(browser.carriedOut).toEqual([A]);
  expect(deletions.getSnapshot()).toEqual([]);
  expect(failed).toEqual(["Tea"]);
});

test.each(["{oops", "null", '[{"id":"../etc","askedAt":1}]', `[{"id":"${A}"}]`])(
  "nothing is deleted because of %s",
  async (text) => {
    const browser = fakeBrowser();
    browser.values.set("holdfast.deletions", text);
    expect(browser.openTab().deletions.getSnapshot()).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(browser.carriedOut).toEqual([]);
  },
);
