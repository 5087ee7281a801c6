import { expect, test } from "vitest";
import { createDrawingGuard } from "./drawing-guard";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";

const ID = "abcdefghijklmnopqrstuv";
const TEMPORARY = "t".repeat(22);

function setUp() {
  const storage = fakeStorage();
  const hide: (() => void)[] = [];
  const page = { addEventListener: (_: string, listener: () => void) => void hide.push(listener) };
  const visit = () =>
    createDrawingGuard(
      createSafeStorage(() => storage),
      page as unknown as Window,
      (id) => id === TEMPORARY,
    );
  return { visit, hide: () => hide.forEach((listener) => listener()) };
}

test("a temporary conversation is not noted", () => {
  const { visit } = setUp();
  visit().begin(TEMPORARY);
  expect(visit().unfinished).toBeNull();
});

test("an unfinished drawing is reported to the next visit, and to no later one", () => {
  const { visit } = setUp();
  visit().begin(ID);
  expect(visit().unfinished).toBe(ID);
  expect(visit().unfinished).toBeNull();
});

test("a finished drawing is not reported", () => {
  const { visit } = setUp();
  const guard = visit();
  guard.begin(ID);
  guard.finish(ID);
  expect(visit().unfinished).toBeNull();
});

test("a page that is closed while it draws, and still handles events, is not reported", () => {
  const { visit, hide } = setUp();
  visit().begin(ID);
  hide();
  expect(visit().unfinished).toBeNull();
});
