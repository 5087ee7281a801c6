import { expect, test } from "vitest";
import { createSafeStorage } from "./safe-storage";

test("without storage, values are kept in memory until the page is closed", () => {
  const values = createSafeStorage(() => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  });
  values.set("a", "1");
  expect(values.get("a")).toBe("1");
  values.remove("a");
  expect(values.get("a")).toBeNull();
  expect(values.isDurable()).toBe(false);
  expect(values.isFull()).toBe(false);
});

test("a full storage keeps its values, and refused ones are readable in this tab", () => {
  const stored = new Map([["a", "old"]]);
  let isFull = true;
  const values = createSafeStorage(
    () =>
      ({
        getItem: (key: string) => stored.get(key) ?? null,
        setItem(key: string, value: string) {
          if (isFull) throw new DOMException("Full.", "QuotaExceededError");
          stored.set(key, value);
        },
        removeItem: (key: string) => void stored.delete(key),
      }) as Storage,
  );
  expect(values.isDurable()).toBe(true);
  values.set("a", "new");
  expect(values.get("a")).toBe("new");
  expect(values.isDurable()).toBe(false);
  expect(values.isFull()).toBe(true);
  isFull = false;
  values.set("a", "newer");
  expect(stored.get("a")).toBe("newer");
  expect(values.isDurable()).toBe(true);
});
