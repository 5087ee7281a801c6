import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createUnsentMessages } from "./unsent-messages";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is sent soon is not mentioned, what stays is, and no longer than it stays", () => {
  let kept = ["a"];
  const unsent = createUnsentMessages(() => kept);
  unsent.look();
  vi.advanceTimersByTime(500);
  kept = ["b"];
  unsent.look();
  expect(unsent.getSnapshot()).toEqual([]);
  vi.advanceTimersByTime(1_800);
  expect(unsent.getSnapshot()).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(unsent.getSnapshot()).toEqual(["b"]);
  kept = [];
  unsent.look();
  expect(unsent.getSnapshot()).toEqual([]);
});
