import { expect, test } from "vitest";
import { readSessionFolder, revisionName, temporaryName } from "./layout";
import { leftTemporaries } from "./sweep-temporaries";

test("what a dead writer never finished is named, and nothing of a live one", () => {
  const folder = readSessionFolder([
    revisionName(3),
    temporaryName("commit-1", "dead.b1"),
    temporaryName("commit-2", "alive.b1"),
    temporaryName("commit-3", "dead.b1"),
    "reply.1.ndjson",
    ".nfs000001",
  ]);
  expect(leftTemporaries(folder, (instance) => instance === "dead.b1")).toEqual([
    temporaryName("commit-1", "dead.b1"),
    temporaryName("commit-3", "dead.b1"),
  ]);
});
