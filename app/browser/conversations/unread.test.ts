import { expect, test } from "vitest";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createUnread } from "./unread";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";

function browser(kept = new Map<string, string>()) {
  const listeners: (() => void)[] = [];
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
  const openTab = () =>
    createUnread({
      shared: createSafeStorage(() => storage),
      onOtherTab: (_, listener) => listeners.push(listener),
    });
  return { openTab, kept, tell: () => listeners.forEach((listener) => listener()) };
}

test("a mark of one tab is known to all tabs, until one of them clears it", () => {
  const { openTab, kept, tell } = browser();
  const [first, second] = [openTab(), openTab()];
  first.mark(A);
  second.mark(B);
  tell();
  expect(first.getSnapshot()).toEqual([A, B]);
  second.clear(A);
  second.clear(B);
  tell();
  expect(first.getSnapshot()).toEqual([]);
  expect(kept.size).toBe(0);
});

test("a value that cannot be read marks nothing", () => {
  for (const damaged of ["{", "7", '["../etc", null]']) {
    expect(
      browser(new Map([["holdfast.unread", damaged]]))
        .openTab()
        .getSnapshot(),
    ).toEqual([]);
  }
});
