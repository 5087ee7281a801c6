import { describe, expect, test } from "vitest";
import type { SafeStorage } from "./safe-storage";
import { createPreferences, PREFERENCES_KEY } from "./preferences";

function fakeValues(): SafeStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [],
    isDurable: () => true,
    isFull: () => false,
  };
}

function openTab(shared: SafeStorage) {
  let onChange = () => {};
  const preferences = createPreferences({ shared, onOtherTab: (_, listener) => (onChange = listener) });
  return { preferences, changeInOtherTab: () => onChange() };
}

describe("preferences", () => {
  test("preferences are stored, and applied in other tabs", () => {
    const shared = fakeValues();
    const [one, other] = [openTab(shared), openTab(shared)];
    one.preferences.change({ theme: "dark", language: "ar" });
    expect(other.preferences.getSnapshot().theme).toBe("system");
    other.changeInOtherTab();
    expect(other.preferences.getSnapshot()).toMatchObject({ theme: "dark", language: "ar" });
    expect(openTab(shared).preferences.getSnapshot()).toEqual(one.preferences.getSnapshot());
  });

  test("changes of different preferences in two tabs are both kept", () => {
    const shared = fakeValues();
    const [one, other] = [openTab(shared), openTab(shared)];
    one.preferences.change({ theme: "dark" });
    other.preferences.change({ textSize: "huge" });
    expect(openTab(shared).preferences.getSnapshot()).toMatchObject({ theme: "dark", textSize: "huge" });
  });

  test("only what was chosen is stored, beside what another version has stored", () => {
    const shared = fakeValues();
    shared.set(PREFERENCES_KEY, '{"singleKeys":true,"ofTheFuture":1}');
    openTab(shared).preferences.change({ theme: "dark" });
    expect(JSON.parse(shared.get(PREFERENCES_KEY)!)).toEqual({
      singleKeys: true,
      ofTheFuture: 1,
      theme: "dark",
    });
  });

  test.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["another version's values", '{"theme":"sepia","textSize":7,"enterSends":"no","language":"__proto__"}'],
  ])("that are %s are the defaults", (_, kept) => {
    const shared = fakeValues();
    shared.set(PREFERENCES_KEY, kept);
    expect(openTab(shared).preferences.getSnapshot()).toEqual(
      openTab(fakeValues()).preferences.getSnapshot(),
    );
  });
});
