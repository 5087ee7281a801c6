import { expect, test } from "vitest";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { entryKey } from "./conversation-list";
import { createEntryStore } from "./entry-store";
import { createUnread } from "./unread";

const A = "aaaaaaaaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbbbbbbbb";

const time = { now: 1_000 };

/** A browser whose list has two conversations. */
function browser(name: string, storage = fakeStorage()) {
  const listeners: ((key?: string) => void)[] = [];
  const shared = createSafeStorage(() => storage);
  const entries = createEntryStore({
    ...{ shared, writer: `.${name}` },
    clock: { now: () => (time.now += 1) },
    onOtherTab: (_, listener) => listeners.push(listener),
  });
  for (const id of [A, B]) entries.change([[entryKey(id), { id, title: "Tea" }]]);
  const unread = createUnread({ shared, entries });
  return { unread, entries, shared, storage, tell: () => listeners.forEach((listener) => listener()) };
}

/** As over the keyring. */
function exchange(one: ReturnType<typeof browser>, other: ReturnType<typeof browser>) {
  one.entries.merge(other.entries.all());
  other.entries.merge(one.entries.all());
}

const marks = ({ unread }: ReturnType<typeof browser>) => [...unread.getSnapshot()].sort();

test("a mark of one tab is known to all tabs, until one of them clears it", () => {
  const first = browser("first");
  const second = browser("second", first.storage);
  first.unread.mark(A, "m-1-of-A");
  second.tell();
  second.unread.mark(B, "m-2-of-A");
  first.tell();
  expect(marks(first)).toEqual([A, B]);
  second.unread.clear(A);
  second.unread.clear(B);
  first.tell();
  expect(marks(first)).toEqual([]);
});

test("seen on one device is seen on all, whichever device learns of the answer first", () => {
  const [phone, laptop] = [browser("phone"), browser("laptop")];
  phone.unread.mark(A, "m-1-of-A");
  exchange(phone, laptop);
  expect([marks(phone), marks(laptop)]).toEqual([[A], [A]]);
  laptop.unread.clear(A);
  exchange(phone, laptop);
  expect([marks(phone), marks(laptop)]).toEqual([[], []]);

  // The laptop shows the next answer; the phone wakes up later, and takes it for news.
  laptop.unread.see(A, "m-2-of-A");
  phone.unread.mark(A, "m-2-of-A");
  exchange(phone, laptop);
  expect([marks(phone), marks(laptop)]).toEqual([[], []]);
  phone.unread.mark(A, "m-3-of-A");
  exchange(phone, laptop);
  expect([marks(phone), marks(laptop)]).toEqual([[A], [A]]);
});

test("what is not in the list is not marked, and a deleted conversation is not any more", () => {
  const { unread, entries } = browser("one");
  unread.mark("cccccccccccccccccccccc", "m-1-of-A");
  unread.mark(A, "m-1-of-A");
  entries.change([[entryKey(A), { gone: true }]]);
  expect(unread.getSnapshot()).toEqual([]);
});

test("marks of an earlier version are taken over, and one that cannot be read marks nothing", () => {
  const storage = fakeStorage();
  storage.setItem("holdfast.unread", JSON.stringify([B, "../etc", null]));
  const { unread, shared } = browser("one", storage);
  expect(unread.getSnapshot()).toEqual([B]);
  expect(shared.get("holdfast.unread")).toBeNull();
  for (const damaged of ["{", "7"]) {
    const kept = fakeStorage();
    kept.setItem("holdfast.unread", damaged);
    expect(browser("one", kept).unread.getSnapshot()).toEqual([]);
  }
});
