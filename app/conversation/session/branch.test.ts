import { expect, it } from "vitest";
import { branchTo } from "./branch";

const tree = [
  { id: "a", parentId: null },
  { id: "b", parentId: "a" },
  { id: "c", parentId: "b" },
  { id: "b2", parentId: "a" },
];

it("a branch is the path from the root to the leaf", () => {
  expect(branchTo(tree, "c").map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(branchTo(tree, "b2").map(({ id }) => id)).toEqual(["a", "b2"]);
  expect(branchTo(tree, null)).toEqual([]);
});

it("a branch ends where a parent is missing or repeats", () => {
  expect(branchTo([{ id: "x", parentId: "gone" }], "x").map(({ id }) => id)).toEqual(["x"]);
  const ring = [
    { id: "p", parentId: "q" },
    { id: "q", parentId: "p" },
  ];
  expect(branchTo(ring, "p").map(({ id }) => id)).toEqual(["q", "p"]);
});
