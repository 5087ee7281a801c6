import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createLayout, type Layout } from "~/store/documents/layout";
import { createFailureDetector } from "./failure-detector";
import { sweepNodes } from "./sweep-nodes";
import { createVolume } from "~/store/volume/volume";

let dataDir: string;
let layout: Layout;

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  await mkdir(layout.nodes);
});

const at = (ms: number) => ({ askedAt: ms, answeredAt: ms });
const DEAD = ["dead.b1.1.ndjson", "dead.b1.2.ndjson", "gone.b1.probe", "gone.b1.probe-link"];
const KEPT = ["alive.b1.1.ndjson", "me.b1.1.ndjson", "me.b1.probe", "notes.txt"];

function sweepAt(now: number, failureDetector: ReturnType<typeof createFailureDetector>) {
  return sweepNodes({ volume: createVolume(), layout, failureDetector, now: () => now, keepMs: 60_000 });
}

test("a sweep removes only the files of nodes dead for long, also when several nodes sweep", async () => {
  for (const name of [...DEAD, ...KEPT]) await writeFile(join(layout.nodes, name), "");
  await mkdir(join(layout.nodes, "dead.b1.3.ndjson"));
  const failureDetector = createFailureDetector({ own: "me.b1" });
  failureDetector.isDead("gone.b1");
  for (let ms = 0; ms <= 80_000; ms += 1_000) {
    failureDetector.recordListing(new Set(["dead.b1", "alive.b1", "me.b1"]), at(ms));
    failureDetector.recordRead("dead.b1", false, at(ms));
    failureDetector.recordRead("alive.b1", true, at(ms));
  }
  expect(await sweepAt(60_000, failureDetector)).toBe(0);
  const swept = await Promise.all([sweepAt(80_000, failureDetector), sweepAt(80_000, failureDetector)]);
  expect(swept[0] + swept[1]).toBe(DEAD.length);
  expect((await readdir(layout.nodes)).sort()).toEqual([...KEPT, "dead.b1.3.ndjson"].sort());
});
