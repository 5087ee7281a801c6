import { resolve } from "node:path";
import { newId } from "~/conversation/session/session-id";
import { monotonicNow, realTimer } from "~/clocks";
import { createVolume } from "~/store/volume/volume";
import { checkVolume, type VolumeFinding } from "~/store/volume/volume-check";

// `npm run check-volume -- DIR`, or in the image `node build/check-volume.js DIR`: whether a folder can be the
// DATA_DIR, and how fast it is.

const [dir, ...more] = process.argv.slice(2);
if (!dir || dir.startsWith("-") || more.length > 0) {
  console.error("Name the folder to check, as in: npm run check-volume -- DIR");
  process.exit(1);
}

const MARKS = { ok: "ok", warning: "WARN", failed: "FAIL" } as const;

function printFinding({ name, result, detail, ms }: VolumeFinding) {
  console.log(
    `${MARKS[result].padEnd(4)}  ${name.padEnd(17)}  ${`${ms.toFixed(0)} ms`.padStart(8)}  ${detail}`,
  );
}

const findings = await checkVolume({
  volume: createVolume({ deadlineMs: 5_000 }),
  dataDir: resolve(dir),
  uid: process.geteuid?.() ?? null,
  newId,
  now: monotonicNow,
  onFinding: printFinding,
});

const failed = findings.filter(({ result }) => result === "failed");
const warnings = findings.filter(({ result }) => result === "warning").length;
if (failed.length > 0) {
  console.log(`\n${dir} cannot be used: ${failed[0]!.name}: ${failed[0]!.detail}.`);
} else {
  console.log(
    `\n${dir} can be used${warnings > 0 ? `; see ${warnings === 1 ? "the warning" : "the warnings"} above` : ""}.`,
  );
}
process.exitCode = failed.length > 0 ? 1 : 0;
// Threads that wait for a hanging volume keep process.exit from ending the process; a signal does not wait for them.
realTimer(2_000, () => process.kill(process.pid, "SIGKILL"));
