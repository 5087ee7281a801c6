import { expect, test } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createReservedIds } from "./reserved-ids";
import { reservedIds, takeReservedId } from "./reserved-store";

test("a reserved id is used only once the keyring has it, and no longer than it has", () => {
  const shared = createSafeStorage(() => fakeStorage());
  const reserved = createReservedIds(shared);
  const wanted = reserved.wanted(() => false, newId);
  expect(takeReservedId(reservedIds(shared))).toBeNull();
  const [first, second] = wanted as [string, string];
  reserved.confirm([first, second]);
  expect(takeReservedId(reservedIds(shared))).toBe(first);
  reserved.confirm([first]);
  expect(takeReservedId(reservedIds(shared))).toBeNull();
  expect(reserved.wanted(() => false, newId)).toEqual(expect.arrayContaining([first, ...wanted.slice(2)]));
});
