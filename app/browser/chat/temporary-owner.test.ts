import { expect, test } from "vitest";
import { createTemporaryOwner } from "./temporary-owner";

/** The locks of one browser, whose page may be asked for them no more once it is left. */
function setUp() {
  const queues = new Map<string, (() => unknown)[]>();
  let isLeft = false;
  const locks = {
    async request(name: string, _: unknown, onLock: () => Promise<void>) {
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      const isFree = queue.length === 0;
      const turn = new Promise((resolve) => queue.push(() => resolve(undefined)));
      if (!isFree) await turn;
      await onLock();
      queue.shift();
      queue[0]?.();
    },
    async query() {
      if (isLeft) throw new DOMException("The document is not fully active.", "InvalidStateError");
      const pending = [...queues].flatMap(([name, queue]) => queue.slice(1).map(() => ({ name })));
      return { pending };
    },
  };
  const open = () => createTemporaryOwner(locks as unknown as LockManager, () => undefined);
  return { open, leave: () => (isLeft = true) };
}

test("of two tabs with one temporary session the last deletes it", async () => {
  const { open } = setUp();
  const [first, second] = [open(), open()];
  first.claim("a");
  second.claim("a");
  expect([first.isOwner(), second.isOwner()]).toEqual([true, false]);
  expect(await first.release()).toBe(false);
  await expect.poll(second.isOwner).toBe(true);
  expect(await second.release()).toBe(true);
});

test("a page that is being left does not delete what another tab may have, and lets it go", async () => {
  const { open, leave } = setUp();
  const [first, second] = [open(), open()];
  first.claim("a");
  second.claim("a");
  leave();
  expect(await first.release()).toBe(false);
  await expect.poll(second.isOwner).toBe(true);
});
