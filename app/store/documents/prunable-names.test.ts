import { expect, test } from "vitest";
import { readSessionFolder } from "./layout";
import { prunableNames } from "./prunable-names";

test("a commit prunes all older revisions but its spare, marks of damage below it, and dead writers' files", () => {
  const folder = readSessionFolder([
    "0000000003.json",
    "0000000005.json",
    "0000000006.json",
    "0000000004.damaged",
    "0000000008.damaged",
    "a.dead.b1.tmp",
    "b.live.b1.tmp",
    "one.life",
  ]);
  const isDead = (instance: string) => instance === "dead.b1";
  expect(prunableNames(folder, { rev: 7, spare: 6, isDead })).toEqual([
    "0000000005.json",
    "0000000003.json",
    "0000000004.damaged",
    "a.dead.b1.tmp",
  ]);
  expect(prunableNames(folder, { rev: 6, spare: 5, isDead: () => false })).toEqual([
    "0000000003.json",
    "0000000004.damaged",
  ]);
});
