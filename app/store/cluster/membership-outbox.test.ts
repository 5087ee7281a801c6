import { expect, test } from "vitest";
import { createMembershipOutbox } from "./membership-outbox";

const [ONE, TWO] = ["1".repeat(64), "2".repeat(64)];

test("an outbox without news formats numbered heartbeats", () => {
  const outbox = createMembershipOutbox(10);
  expect(outbox.hasNews()).toBe(false);
  expect(outbox.format(outbox.take(), false)).toBe('{"beat":1}\n');
  expect(outbox.format(outbox.take(), false)).toBe('{"beat":2}\n');
  expect(outbox.format(outbox.take(), true)).toBe('{"goodbye":true}\n');
});

test("a batch that is put back does not overwrite changes that came meanwhile", () => {
  const outbox = createMembershipOutbox(10);
  outbox.addChange(ONE, 1);
  outbox.addChange(TWO, 1);
  const failed = outbox.take();
  outbox.addChange(ONE, 2);
  outbox.putBack(failed);
  expect(outbox.take().changes).toEqual(
    new Map([
      [ONE, 2],
      [TWO, 1],
    ]),
  );
});

test("more changes than an outbox keeps become one line that says so", () => {
  const outbox = createMembershipOutbox(1);
  outbox.addChange(ONE, 1);
  outbox.addChange(TWO, 1);
  expect(outbox.format(outbox.take(), false)).toBe('{"missed":true}\n');
  expect(outbox.hasNews()).toBe(false);
});

test("draining is news until an append is confirmed, and stays a state afterwards", () => {
  const outbox = createMembershipOutbox(10);
  outbox.startDraining();
  const batch = outbox.take();
  expect(outbox.format(batch, false)).toBe('{"draining":true}\n');
  outbox.putBack(batch);
  expect(outbox.hasNews()).toBe(true);
  outbox.confirm(outbox.take());
  outbox.startDraining();
  expect([outbox.hasNews(), outbox.isDraining()]).toEqual([false, true]);
});

test("draining that begins during an append is announced by the next one", () => {
  const outbox = createMembershipOutbox(10);
  const heartbeat = outbox.take();
  outbox.startDraining();
  outbox.confirm(heartbeat);
  expect(outbox.format(outbox.take(), false)).toBe('{"draining":true}\n');
});
