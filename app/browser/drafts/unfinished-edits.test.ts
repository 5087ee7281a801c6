import { expect, test } from "vitest";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createUnfinishedEdits, INSTRUCTIONS } from "./unfinished-edits";

const replaced: string[] = [];

function page(storage: Storage) {
  const values = createSafeStorage(() => storage);
  return (conversationId: string) =>
    createUnfinishedEdits(values, conversationId, (text) => replaced.push(text));
}

test("each edit of a conversation is kept for the next page, also an empty one, and for no other conversation", () => {
  const storage = fakeStorage();
  page(storage)("one").put("u1", "Ants, please");
  page(storage)("one").put("u2", "");
  page(storage)("one").put(INSTRUCTIONS, "Rhyme.");
  const edits = page(storage)("one");
  expect(["u1", "u2", "u3", INSTRUCTIONS].map(edits.read)).toEqual(["Ants, please", "", null, "Rhyme."]);
  expect(page(storage)("two").read("u1")).toBeNull();
});

test("no value is stored after the last edit has ended, or all are cleared", () => {
  const storage = fakeStorage();
  const edits = page(storage)("one");
  edits.put("u1", "Ants");
  edits.put("u2", "Bees");
  edits.put("u1", null);
  expect(edits.read("u2")).toBe("Bees");
  edits.put("u2", null);
  expect(storage.length).toBe(0);
  edits.put("u1", "Ants");
  edits.clear();
  expect(storage.length).toBe(0);
});

test.each(["{", "null", "[1]", '{"u1":5}', '"x"'])(
  "a stored value that cannot be read is not an edit: %s",
  (kept) => {
    const storage = fakeStorage();
    storage.setItem("holdfast.edits.one", kept);
    const edits = page(storage)("one");
    expect(edits.read("u1")).toBeNull();
    expect(edits.read("__proto__")).toBeNull();
    edits.put("u1", "Ants");
    expect(edits.read("u1")).toBe("Ants");
  },
);

test("an edit of the same question in another tab is not lost when this one replaces or ends it", () => {
  const storage = fakeStorage();
  const [here, there] = [page(storage)("one"), page(storage)("one")];
  there.put("u1", "Ants");
  expect(here.read("u1")).toBe("Ants");
  here.put("u1", "Ants and bees");
  here.put("u1", "Bees");
  expect(replaced).toEqual([]);
  there.put("u1", "Ants, please");
  here.put("u1", null);
  expect(replaced).toEqual(["Bees", "Ants, please"]);
});
