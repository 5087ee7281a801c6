import { expect, test } from "vitest";
import { createTabClaims } from "./tab-claims";

test("a claimed conversation belongs to one tab until that is closed", async () => {
  const held = new Set<string>();
  const waiting: (() => void)[] = [];
  /** As browsers have it, for one tab that never ends. */
  const locks = {
    request(name: string, { ifAvailable }: LockOptions, callback: (lock: Lock | null) => unknown) {
      const grant = () => {
        held.add(name);
        return callback({ name, mode: "exclusive" });
      };
      if (!held.has(name)) return Promise.resolve(grant());
      if (ifAvailable) return Promise.resolve(callback(null));
      return new Promise((resolve) => waiting.push(() => resolve(grant())));
    },
  } as unknown as LockManager;
  const claim = createTabClaims(locks)!;
  expect(await claim("a", false)).toBe(true);
  expect(await claim("a", false)).toBe(false);
  expect(await claim("b", false)).toBe(true);
  const later = claim("a", true);
  waiting[0]!();
  expect(await later).toBe(true);
});

test("if locks are refused, a claim fails", async () => {
  const refusing = { request: () => Promise.reject(new DOMException("No.", "SecurityError")) };
  expect(await createTabClaims(refusing as unknown as LockManager)!("a", true)).toBe(false);
  expect(createTabClaims(undefined)).toBeNull();
});
