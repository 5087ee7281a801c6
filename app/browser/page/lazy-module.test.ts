import { expect, test, vi } from "vitest";
import { createLazyModule } from "./lazy-module";

test("a module is loaded once, and its observers learn of it", async () => {
  const load = vi.fn(() => Promise.resolve("module"));
  const lazy = createLazyModule(load);
  const onChange = vi.fn();
  lazy.subscribe(onChange);
  expect(lazy.getSnapshot()).toBeNull();
  await Promise.all([lazy.load(), lazy.load()]);
  await lazy.load();
  expect(lazy.getSnapshot()).toBe("module");
  expect(load).toHaveBeenCalledTimes(1);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test("after a failure it can be loaded again", async () => {
  const load = vi.fn(() => Promise.resolve("module")).mockRejectedValueOnce(new Error("offline"));
  const lazy = createLazyModule(load);
  await lazy.load();
  expect(lazy.getSnapshot()).toBeNull();
  await lazy.load();
  expect(lazy.getSnapshot()).toBe("module");
});
