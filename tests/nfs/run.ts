import { rig, whyNoRig } from "../fixtures/nfs-rig.ts";
import { play, type Scenario } from "./scenario.ts";
import { cost } from "./scenarios/cost.ts";
import { deletedElsewhere, deletionCutShort } from "./scenarios/deletion.ts";
import {
  clocksWrong,
  folderRemoved,
  groupTorn,
  noteLost,
  runnerFrozenForTimes,
  volumeFull,
} from "./scenarios/node-log.ts";
import { networkCut, serverFrozen, serverRestart } from "./scenarios/outages.ts";
import { clientPowerLoss } from "./scenarios/power-loss.ts";
import {
  replyFollowed,
  replyStopped,
  runnerCutOff,
  runnerFrozen,
  runnerKilled,
  runnerPowerLoss,
  runnerTerminated,
} from "./scenarios/replies.ts";
import { readYourWrites, sharedWriting } from "./scenarios/shared-writing.ts";
import { newLog, tailing } from "./scenarios/tailing.ts";
import { volumeCheck } from "./scenarios/volume-check.ts";
import { frozenAtEveryStep, frozenAtRandom } from "./scenarios/zombies.ts";

/**
 * `npm run test:nfs`: the store, and whole nodes, on a real NFSv4.1 volume between two clients with kernels of
 * their own. Words after `--` choose the scenarios whose names have them; `--keep` leaves the guests up.
 */
const scenarios: Scenario[] = [
  volumeCheck,
  cost,
  readYourWrites,
  sharedWriting,
  frozenAtEveryStep,
  frozenAtRandom,
  deletedElsewhere,
  deletionCutShort,
  newLog,
  tailing,
  replyFollowed,
  replyStopped,
  runnerTerminated,
  runnerKilled,
  runnerFrozen,
  runnerCutOff,
  runnerPowerLoss,
  groupTorn,
  runnerFrozenForTimes,
  noteLost,
  clocksWrong,
  folderRemoved,
  volumeFull,
  networkCut,
  serverFrozen,
  serverRestart,
  clientPowerLoss,
];

const why = whyNoRig();
if (why) {
  console.error(
    `test:nfs needs root on Debian (x86-64) with /dev/net/tun, to boot an NFS server and two clients: ${why}.`,
  );
  process.exit(1);
}

const words = process.argv.slice(2).filter((word) => word !== "--keep");
const keep = process.argv.includes("--keep");
const chosen = scenarios.filter(({ name }) => words.every((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`test:nfs: no scenario has "${words.join(" ")}" in its name.`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => void (keep ? Promise.resolve() : rig("down")).finally(() => process.exit(130)));
}

let passed = 0;
try {
  console.log("booting an NFS server and two clients (the first time they are built: two minutes)");
  await rig("up");
  for (const [index, scenario] of chosen.entries()) {
    const start = performance.now();
    const { facts, failure } = await play(scenario, index + 1);
    // What one leaves frozen, cut off or without power is no business of the next.
    await rig("up");
    if (!failure) passed += 1;
    console.log(
      `${failure ? "✗" : "✓"} ${scenario.name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    );
    for (const fact of facts) console.log(`    ${fact}`);
    if (failure) console.log(`    FAILED: ${failure.message}`);
  }
} finally {
  if (!keep) await rig("down");
}
console.log(`${passed} passed, ${chosen.length - passed} failed`);
process.exit(passed === chosen.length ? 0 : 1);
