import { expect, test, vi } from "vitest";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { createMembershipPoller } from "./membership-poller";
import type { PollResult } from "./membership-reader";

function polling() {
  const time = createFakeTime();
  const state = { result: { ok: true, news: 0 } as PollResult };
  const polls: number[] = [];
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const poller = createMembershipPoller({
    poll: () => {
      polls.push(time.now());
      return Promise.resolve(state.result);
    },
    now: time.now,
    timer: time.timer,
    onFailure: failed,
    onRecovery: recovered,
  });
  // A poll that was begun ends after a few microtasks.
  const pass = (ms: number) => time.advance(ms, () => new Promise(setImmediate));
  return { poller, polls, pass, state, failed, recovered, time };
}

test("without followers there is a poll every half a minute", async () => {
  const { poller, polls, pass } = polling();
  await poller.start();
  await pass(90_000);
  expect(polls).toEqual([0, 30_000, 60_000, 90_000]);
});

test("the first watcher causes a poll at once", async () => {
  const { poller, polls, pass } = polling();
  await poller.start();
  await pass(10_000);
  poller.attend("watch");
  await pass(0);
  expect(polls).toEqual([0, 10_000]);
});

test("for watchers polls slow down while nothing happens, and are fast again after news", async () => {
  const { poller, polls, pass, state } = polling();
  await poller.start();
  poller.attend("watch");
  await pass(600_000);
  expect(polls[2]! - polls[1]!).toBeLessThan(1_200);
  expect(polls.at(-1)! - polls.at(-2)!).toBe(5_000);
  state.result = { ok: true, news: 1 };
  await pass(5_000);
  state.result = { ok: true, news: 0 };
  polls.length = 0;
  await pass(10_000);
  expect(polls.length).toBeGreaterThan(7);
});

test("for a follower of a reply there is a poll every second until it leaves", async () => {
  const { poller, polls, pass } = polling();
  await poller.start();
  const leave = poller.attend("reply");
  const leaveToo = poller.attend("reply");
  await pass(600_000);
  expect(polls).toHaveLength(601);
  leave();
  leave();
  await pass(5_000);
  expect(polls).toHaveLength(606);
  leaveToo();
  await pass(29_000);
  expect(polls).toHaveLength(606);
});

test("failing polls continue, and are reported once", async () => {
  const { poller, polls, pass, state, failed, recovered } = polling();
  state.result = { ok: false, error: new Error("away") };
  await poller.start();
  await pass(60_000);
  expect(polls).toHaveLength(3);
  expect(failed).toHaveBeenCalledOnce();
  state.result = { ok: true, news: 0 };
  await pass(60_000);
  expect(recovered).toHaveBeenCalledOnce();
});

test("after stop there are no polls", async () => {
  const { poller, polls, pass } = polling();
  await poller.start();
  poller.stop();
  poller.attend("reply");
  await pass(60_000);
  expect(polls).toEqual([0]);
});
