import { expect, test } from "vitest";
import { createDrawingGuard } from "./drawing-guard";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const ID = "abcdefghijklmnopqrstuv";

function setUp() {
  const storage = fakeStorage();
  const hide: (() => void)[] = [];
  const page = { addEventListener: (_: string, listener: () => void) => void hide.push(listener) };
  const visit = () =>
    createDrawingGuard(
      createSafeStorage(() => storage),
      page as unknown as Window,
    );
  return { visit, hide: () => hide.forEach((listener) => listener()) };
}

test("a visit that never finished drawing is known to the next, and to no later one", () => {
  const { visit } = setUp();
  visit().begin(ID);
  expect(visit().unfinished).toBe(ID);
  expect(visit().unfinished).toBeNull();
});

test("a visit that finished drawing leaves nothing", () => {
  const { visit } = setUp();
  const guard = visit();
  guard.begin(ID);
  guard.finish(ID);
  expect(visit().unfinished).toBeNull();
});

test("a page that is closed while it draws and still answers leaves nothing", () => {
  const { visit, hide } = setUp();
  visit().begin(ID);
  hide();
  expect(visit().unfinished).toBeNull();
});
