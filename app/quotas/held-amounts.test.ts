import { expect, test } from "vitest";
import { createHeldAmounts } from "./held-amounts";

test("held amounts are summed over instances until they are 0, replaced, or their instance is dead", () => {
  const dead = new Set<string>();
  const held = createHeldAmounts((instance) => dead.has(instance));
  held.replace("a.1", { x: 2, y: 1 });
  held.update("b.1", { x: 3 });
  expect([held.sum("x"), held.sum("y"), held.sum("z")]).toEqual([5, 1, 0]);
  held.update("a.1", { x: 0 });
  expect([held.sum("x"), held.sum("y")]).toEqual([3, 1]);
  held.replace("a.1", { x: 4 });
  expect([held.sum("x"), held.sum("y")]).toEqual([7, 0]);
  dead.add("b.1");
  expect(held.sum("x")).toBe(4);
});
