import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { createReplyWatch } from "./reply-watch";

beforeEach(() => void vi.useFakeTimers());

function watched(look: () => Promise<void> = () => Promise.resolve()) {
  const reply = { runs: true, looks: 0 };
  const watch = createReplyWatch({
    clock: pageClock,
    async refresh() {
      reply.looks++;
      await look();
    },
    isAwaited: () => reply.runs,
  });
  return { reply, watch };
}

test("polls at growing intervals, up to half a minute, until the reply has ended", async () => {
  const { reply, watch } = watched();
  watch.start();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(reply.looks).toBe(1);
  await vi.advanceTimersByTimeAsync(120_000);
  const { looks } = reply;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reply.looks - looks).toBe(2);
  reply.runs = false;
  await vi.advanceTimersByTimeAsync(30_000);
  const last = reply.looks;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(reply.looks).toBe(last);
});

test("does not poll if no reply is awaited, nor after half an hour", async () => {
  const { reply, watch } = watched();
  reply.runs = false;
  watch.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reply.looks).toBe(0);
  reply.runs = true;
  watch.start();
  await vi.advanceTimersByTimeAsync(31 * 60_000);
  const { looks } = reply;
  expect(looks).toBeLessThan(75);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(reply.looks).toBe(looks);
});

test("goes on polling after a failure, and stops at once, also during a request", async () => {
  let answer = () => {};
  const { reply, watch } = watched(
    () => new Promise((_, reject) => (answer = () => reject(new Error("away")))),
  );
  watch.start();
  await vi.advanceTimersByTimeAsync(4_000);
  answer();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(reply.looks).toBe(2);
  watch.stop();
  answer();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(reply.looks).toBe(2);
});
