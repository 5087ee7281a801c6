import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { torture } from "./fixtures/store/torture.ts";

/**
 * `npm run torture -- --kills 10000 --minutes 60 --seed 1 --processes 6 --sessions 8 --dir /tmp`: kills and
 * freezes processes in mid-commit, and says what became of the messages. Ctrl-C ends it early, with its summary.
 * The short form is part of `npm test`.
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "10000" },
    minutes: { type: "string", default: "600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    processes: { type: "string", default: "6" },
    sessions: { type: "string", default: "8" },
    /** Where the data goes: a folder of the file system that is to be tried. */
    dir: { type: "string", default: tmpdir() },
  },
});
const dataDir = mkdtempSync(join(values.dir, "holdfast-torture-"));
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
const began = performance.now();
const { faults, ...summary } = await torture({
  dataDir,
  kills: Number(values.kills),
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  processes: Number(values.processes),
  sessions: Number(values.sessions),
  signal: stopped.signal,
  progress: (line) => console.log(`${((performance.now() - began) / 1000).toFixed(0)} s: ${line}`),
});
const seconds = (performance.now() - began) / 1000;
const words = Object.entries({ seed: values.seed, ...summary }).map(([name, value]) => `${name}=${value}`);
console.log(`${words.join(" ")} seconds=${seconds.toFixed(0)}`);
for (const fault of faults) console.log(`FAULT ${fault}`);
if (faults.length > 0) {
  console.log(`The folder is kept: ${dataDir}`);
  process.exitCode = 1;
} else {
  rmSync(dataDir, { recursive: true });
}
