import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createUnsentMessages } from "./unsent-messages";

beforeEach(() => void vi.useFakeTimers());

test("a message is reported as unsent after two seconds in the outbox, and until it has left", () => {
  let kept = ["a"];
  const unsent = createUnsentMessages(() => kept, pageClock);
  unsent.refresh();
  vi.advanceTimersByTime(500);
  kept = ["b"];
  unsent.refresh();
  expect(unsent.getSnapshot()).toEqual([]);
  vi.advanceTimersByTime(1_800);
  expect(unsent.getSnapshot()).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(unsent.getSnapshot()).toEqual(["b"]);
  kept = [];
  unsent.refresh();
  expect(unsent.getSnapshot()).toEqual([]);
});
