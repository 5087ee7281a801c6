import { expect, test } from "vitest";
import { readSessionFolder, revisionName, temporaryName } from "./layout";
import { abandonedTemporaries } from "./abandoned-temporaries";

test("lists the temporary files of dead writers only", () => {
  const folder = readSessionFolder([
    revisionName(3),
    temporaryName("commit-1", "dead.b1"),
    temporaryName("commit-2", "alive.b1"),
    temporaryName("commit-3", "dead.b1"),
    "reply.1.ndjson",
    ".nfs000001",
  ]);
  expect(abandonedTemporaries(folder, (instance) => instance === "dead.b1")).toEqual([
    temporaryName("commit-1", "dead.b1"),
    temporaryName("commit-3", "dead.b1"),
  ]);
});
