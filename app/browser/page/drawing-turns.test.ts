import { expect, test } from "vitest";
import { createDrawingTurns } from "./drawing-turns";

function setUp(lengthOfTask = 100) {
  const tasks: (() => void)[] = [];
  const turns = createDrawingTurns(lengthOfTask, {
    after: (_, act) => {
      tasks.push(act);
      return () => undefined;
    },
  });
  const drawn: string[] = [];
  return {
    turns,
    drawn,
    wait: (name: string, length: number) => turns.wait(length, () => drawn.push(name)),
    runTask: () => tasks.shift()?.(),
  };
}

test("a task draws at once up to its budget, and the next task again", () => {
  const { turns, runTask } = setUp();
  expect([turns.take(60), turns.take(40), turns.take(1)]).toEqual([true, true, false]);
  runTask();
  expect(turns.take(100)).toBe(true);
});

test("waiting sources are drawn in order, up to the budget of each task", () => {
  const { turns, drawn, wait, runTask } = setUp();
  turns.take(100);
  for (const name of ["a", "b", "c"]) wait(name, 50);
  runTask();
  expect(drawn).toEqual(["a", "b"]);
  // Not before a source that has waited longer.
  expect(turns.take(1)).toBe(false);
  runTask();
  expect(drawn).toEqual(["a", "b", "c"]);
});

test("a source longer than the budget gets a task to itself", () => {
  const { turns, drawn, wait, runTask } = setUp();
  expect(turns.take(500)).toBe(true);
  wait("long", 500);
  wait("short", 1);
  runTask();
  expect(drawn).toEqual(["long"]);
  runTask();
  expect(drawn).toEqual(["long", "short"]);
});

test("a cancelled drawing does not delay the next one", () => {
  const { turns, drawn, wait, runTask } = setUp();
  turns.take(100);
  wait("gone", 100)();
  wait("here", 100);
  runTask();
  expect(drawn).toEqual(["here"]);
});
