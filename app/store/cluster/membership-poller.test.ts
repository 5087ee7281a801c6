import { expect, test, vi } from "vitest";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { createMembershipPoller } from "./membership-poller";
import type { PollResult } from "./membership-reader";

function polling() {
  const time = createFakeTime();
  const state = { look: { ok: true, news: 0 } as PollResult };
  const looks: number[] = [];
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const poller = createMembershipPoller({
    poll: () => {
      looks.push(time.now());
      return Promise.resolve(state.look);
    },
    now: time.now,
    timer: time.timer,
    onFailure: failed,
    onRecovery: recovered,
  });
  // A look that was begun has ended after a few turns of the queue of promises.
  const pass = (ms: number) => time.advance(ms, () => new Promise(setImmediate));
  return { poller, looks, pass, state, failed, recovered, time };
}

test("without anybody who waits, a look every half a minute", async () => {
  const { poller, looks, pass } = polling();
  await poller.start();
  await pass(90_000);
  expect(looks).toEqual([0, 30_000, 60_000, 90_000]);
});

test("who begins to watch has what he missed at once", async () => {
  const { poller, looks, pass } = polling();
  await poller.start();
  await pass(10_000);
  poller.attend("watch");
  await pass(0);
  expect(looks).toEqual([0, 10_000]);
});

test("for watchers once a second, slower the longer nothing happens, and fast again after news", async () => {
  const { poller, looks, pass, state } = polling();
  await poller.start();
  poller.attend("watch");
  await pass(600_000);
  expect(looks[2]! - looks[1]!).toBeLessThan(1_200);
  expect(looks.at(-1)! - looks.at(-2)!).toBe(5_000);
  state.look = { ok: true, news: 1 };
  await pass(5_000);
  state.look = { ok: true, news: 0 };
  looks.length = 0;
  await pass(10_000);
  expect(looks.length).toBeGreaterThan(7);
});

test("for a reply every second, however little happens, until nobody follows it", async () => {
  const { poller, looks, pass } = polling();
  await poller.start();
  const leave = poller.attend("reply");
  const leaveToo = poller.attend("reply");
  await pass(600_000);
  expect(looks).toHaveLength(601);
  leave();
  leave();
  await pass(5_000);
  expect(looks).toHaveLength(606);
  leaveToo();
  await pass(29_000);
  expect(looks).toHaveLength(606);
});

test("looks that fail go on, and are told once", async () => {
  const { poller, looks, pass, state, failed, recovered } = polling();
  state.look = { ok: false, error: new Error("away") };
  await poller.start();
  await pass(60_000);
  expect(looks).toHaveLength(3);
  expect(failed).toHaveBeenCalledOnce();
  state.look = { ok: true, news: 0 };
  await pass(60_000);
  expect(recovered).toHaveBeenCalledOnce();
});

test("after stop there is no look any more", async () => {
  const { poller, looks, pass } = polling();
  await poller.start();
  poller.stop();
  poller.attend("reply");
  await pass(60_000);
  expect(looks).toEqual([0]);
});
