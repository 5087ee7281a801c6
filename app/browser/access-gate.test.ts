import { expect, test, vi } from "vitest";
import { createAccessGate } from "./access-gate";
import { createKeptValues } from "./kept-values";

function setUp(isShut = true) {
  const opened = vi.fn();
  const enterCode = vi.fn(() => Promise.resolve());
  let tellOfOtherTab = () => {};
  const shared = createKeptValues(() => {
    throw new Error("none");
  });
  const gate = createAccessGate({
    isShut,
    enterCode,
    shared,
    opened,
    onOtherTab: (_, listener) => (tellOfOtherTab = listener),
  });
  return { gate, opened, enterCode, shared, tellOfOtherTab: () => tellOfOtherTab() };
}

test("the gate opens with the code, and stays shut with what is none", async () => {
  const { gate, opened, enterCode } = setUp();
  enterCode.mockRejectedValueOnce(new Error("no"));
  await expect(gate.enter("guess")).rejects.toThrow("no");
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([true, 0]);
  await gate.enter("code");
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([false, 1]);
});

test("what was refused on its way while the code was said does not shut it again, and is asked for again", async () => {
  vi.useFakeTimers();
  const { gate, opened } = setUp();
  const before = performance.now();
  vi.advanceTimersByTime(1);
  await gate.enter("code");
  gate.refused(before);
  expect(gate.isShut.getSnapshot()).toBe(false);
  vi.runAllTimers();
  expect(opened).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1);
  gate.refused(performance.now());
  expect(gate.isShut.getSnapshot()).toBe(true);
  vi.useRealTimers();
});

test("the code that was said in another tab opens it here", () => {
  const { gate, opened, shared, tellOfOtherTab } = setUp();
  tellOfOtherTab();
  expect(gate.isShut.getSnapshot()).toBe(true);
  shared.set("holdfast.accessed", "now");
  tellOfOtherTab();
  expect([gate.isShut.getSnapshot(), opened.mock.calls.length]).toEqual([false, 1]);
});
