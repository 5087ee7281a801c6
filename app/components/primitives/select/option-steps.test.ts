import { describe, expect, test } from "vitest";
import { firstWith, groupsOf, stepTo } from "./option-steps";

const options = ["Nova Pro", "Nova Lite", "Claude Opus", "Claude Haiku"].map((label) => ({
  value: label,
  label,
  group: label.split(" ")[0],
}));

describe("a key in a list of options", () => {
  test.each([
    ["ArrowDown", 1, 2],
    ["ArrowDown", 3, 3],
    ["ArrowDown", -1, 0],
    ["ArrowUp", 1, 0],
    ["ArrowUp", 0, 0],
    ["ArrowUp", -1, 3],
    ["PageDown", 0, 3],
    ["PageUp", 3, 0],
    ["Home", 2, 0],
    ["End", 0, 3],
    ["Escape", 2, null],
    ["a", 2, null],
  ])("%s at %i leads to %s", (key, place, to) => {
    expect(stepTo(key, place, 4)).toBe(to);
  });
});

describe("letters that are typed in a list of options", () => {
  test("lead to the option that begins with them", () => {
    expect(firstWith(options, "claude h", 0)).toBe(3);
  });

  test("lead to the active option while it still begins with them", () => {
    expect(firstWith(options, "nova", 1)).toBe(1);
  });

  test("lead on to the next option, and round, where one letter is repeated", () => {
    expect(firstWith(options, "c", 2)).toBe(3);
    expect(firstWith(options, "cc", 3)).toBe(2);
  });

  test("lead nowhere if no option begins with them", () => {
    expect(firstWith(options, "x", 1)).toBeNull();
  });
});

test("found options stand under their groups, in their own order", () => {
  expect(groupsOf(options, [0, 2, 3])).toEqual([
    ["Nova", [0]],
    ["Claude", [2, 3]],
  ]);
  expect(groupsOf([{ value: "a", label: "A" }], [0])).toEqual([["", [0]]]);
});
