import { expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createAccessGate } from "./access-gate";
import { createSafeStorage } from "~/browser/storage/safe-storage";

function setUp(isShut = true) {
  const opened = vi.fn();
  const enterCode = vi.fn(() => Promise.resolve());
  const logOut = vi.fn(() => Promise.resolve());
  const onLeft = vi.fn();
  const listeners: (() => void)[] = [];
  const shared = createSafeStorage(() => {
    throw new Error("none");
  });
  const gate = createAccessGate({
    isShut,
    hasCode: true,
    enterCode,
    logOut,
    shared,
    clock: pageClock,
    onOpened: opened,
    onLeft,
    onOtherTab: (_, listener) => listeners.push(listener),
  });
  const notifyOfOtherTab = () => {
    for (const listener of listeners) listener();
  };
  return { gate, opened, enterCode, logOut, onLeft, shared, notifyOfOtherTab };
}

test("the gate opens with the right code, and stays shut with a wrong one", async () => {
  const { gate, opened, enterCode } = setUp();
  enterCode.mockRejectedValueOnce(new Error("no"));
  await expect(gate.enter("guess")).rejects.toThrow("no");
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([true, 0]);
  await gate.enter("code");
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([false, 1]);
});

test("a refusal of a request sent before the code was accepted does not shut the gate, and is repeated", async () => {
  vi.useFakeTimers();
  const { gate, opened } = setUp();
  const before = performance.now();
  vi.advanceTimersByTime(1);
  await gate.enter("code");
  gate.noteRefusal(before);
  expect(gate.isShut.getSnapshot()).toBe(false);
  vi.runAllTimers();
  expect(opened).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1);
  gate.noteRefusal(performance.now());
  expect(gate.isShut.getSnapshot()).toBe(true);
  vi.useRealTimers();
});

test("a code accepted in another tab opens the gate in this tab", () => {
  const { gate, opened, shared, notifyOfOtherTab: tellOfOtherTab } = setUp();
  tellOfOtherTab();
  expect(gate.isShut.getSnapshot()).toBe(true);
  shared.set("holdfast.accessed", "now");
  tellOfOtherTab();
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([false, 1]);
});

test("logging out shuts the gate only if the server confirms it", async () => {
  const { gate, logOut, onLeft } = setUp(false);
  logOut.mockRejectedValueOnce(new Error("away"));
  await expect(gate.leave()).rejects.toThrow("away");
  expect([gate.isShut.getSnapshot(), onLeft.mock.calls.length]).toEqual([false, 0]);
  await gate.leave();
  expect([gate.isShut.getSnapshot(), onLeft.mock.calls.length]).toEqual([true, 1]);
});

test("logging out in another tab shuts the gate in this tab, until the code is entered again", () => {
  const { gate, onLeft, opened, shared, notifyOfOtherTab: tellOfOtherTab } = setUp(false);
  tellOfOtherTab();
  expect(gate.isShut.getSnapshot()).toBe(false);
  shared.set("holdfast.accessed", "2026-01-01T00:00:00.000Z");
  shared.set("holdfast.access-left", "2026-01-02T00:00:00.000Z");
  tellOfOtherTab();
  expect([gate.isShut.getSnapshot(), onLeft.mock.calls.length, opened.mock.calls.length]).toEqual([
    true,
    1,
    0,
  ]);
  shared.set("holdfast.accessed", "2026-01-03T00:00:00.000Z");
  tellOfOtherTab();
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([false, 1]);
});
