import { expect, test } from "vitest";
import { createObservable } from "~/browser/page/observable";
import { fakeStorage } from "./fake-storage";
import { createSafeStorage } from "./safe-storage";
import { keepStorageOnceUsed } from "./keep-storage";
import { createListNotice } from "./list-notice";
import type { OnOtherTab } from "./other-tabs";

test("the notice about the list is dismissed once, in all tabs and for good", () => {
  const storage = fakeStorage();
  const shared = createSafeStorage(() => storage);
  let onChange = () => {};
  const onOtherTab: OnOtherTab = (_, listener) => void (onChange = listener);
  const notice = createListNotice(shared, onOtherTab);
  const other = createListNotice(shared, () => undefined);
  expect(notice.getSnapshot()).toBe(false);
  other.dismiss();
  expect(other.getSnapshot()).toBe(true);
  onChange();
  expect(notice.getSnapshot()).toBe(true);
  expect(createListNotice(shared, onOtherTab).getSnapshot()).toBe(true);
});

test("the browser is asked to keep its storage after the first new conversation, and once", () => {
  const conversation = (saved: boolean) => ({ saved }) as never;
  const conversations = createObservable({ list: [conversation(true)] });
  let asked = 0;
  keepStorageOnceUsed({ conversations, ask: () => (asked += 1) });
  conversations.set({ list: [conversation(true), conversation(false)] });
  expect(asked).toBe(0);
  conversations.set({ list: [conversation(true), conversation(true)] });
  conversations.set({ list: [conversation(true), conversation(true), conversation(true)] });
  expect(asked).toBe(1);
});
