import { resolve } from "node:path";
import { realTimer } from "~/clocks";
import { checkRestore, type RestoreFinding } from "~/store/restore-check";
import { createVolume } from "~/store/volume/volume";

// `npm run verify-restore -- DIR`, or in the image `node build/verify-restore.js DIR`: reads everything of a DATA_DIR
// that was restored, or of a copy, and says what it found. It changes nothing.

const [dir, ...more] = process.argv.slice(2);
if (!dir || dir.startsWith("-") || more.length > 0) {
  console.error("Name the folder to read, as in: npm run verify-restore -- DIR");
  process.exit(1);
}

/** Findings that mean lost data. Of the others an earlier revision is served, or only another version can read them. */
const LOSSES: readonly RestoreFinding["kind"][] = ["lost", "missing", "damaged"];

let losses = 0;
try {
  const found = await checkRestore({
    volume: createVolume({ deadlineMs: 30_000 }),
    dataDir: resolve(dir),
    onFinding({ kind, path, reason }) {
      if (LOSSES.includes(kind)) losses += 1;
      console.log(`${kind.toUpperCase().padEnd(8)}  ${path}  ${reason}`);
    },
  });
  const rows: [what: string, count: string | number][] = [
    ["conversations", found.conversations],
    ["  encrypted (headers checked)", found.encrypted],
    ["  with an answer to go on with", found.running],
    ["messages", found.messages],
    ["deleted conversations", found.deleted],
    ["files", `${found.files} (${found.bytes} bytes)`],
    ["shared conversations", found.shares],
    ["keyrings", found.keyrings],
    ["quarantined before", found.quarantined],
    ["newest change", found.newest ?? "none"],
  ];
  for (const [what, count] of rows) console.log(`${what.padEnd(30)}  ${count}`);
  if (found.conversations + found.deleted === 0) {
    console.log(`\n${dir} holds no conversation: is it the folder with "sessions" in it?`);
    losses += 1;
  } else if (losses === 0) {
    console.log(`\n${dir} is whole: nothing is missing up to ${found.newest ?? "its last deletion"}.`);
  } else {
    console.log(`\n${dir} lacks ${losses === 1 ? "one thing" : `${losses} things`}: see above.`);
  }
} catch (error) {
  console.error(`${dir} cannot be read: ${(error as Error).message}`);
  losses += 1;
}
process.exitCode = losses > 0 ? 1 : 0;
// Threads that wait for a hanging volume keep process.exit from ending the process; a signal does not wait for them.
realTimer(2_000, () => process.kill(process.pid, "SIGKILL"));
