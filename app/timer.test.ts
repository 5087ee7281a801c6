import { expect, test } from "vitest";
import { createFakeTime } from "../tests/fixtures/fake-time";
import { every } from "./timer";

test("every calls after each interval until it is ended", async () => {
  const { timer, now, advance } = createFakeTime();
  const calls: number[] = [];
  const end = every(timer, 10, () => void calls.push(now()));
  await advance(35);
  expect(calls).toEqual([10, 20, 30]);
  end();
  await advance(100);
  expect(calls).toHaveLength(3);
});

test("every can be ended by the call itself", async () => {
  const { timer, advance } = createFakeTime();
  let calls = 0;
  const end = every(timer, 10, () => {
    calls += 1;
    end();
  });
  await advance(100);
  expect(calls).toBe(1);
});
