import { basename, dirname, join } from "node:path";
import { errorCode } from "./errno";
import { explainVolumeError } from "./explain-volume-error";
import { createLayout, MARKER_NAME } from "~/store/documents/layout";
import { fileSystemName, LOST_WITH_THE_MACHINE } from "./file-system-name";
import type { Volume } from "./volume";
import { WRITE_CHECKS, type CheckOutcome, type WriteCheck } from "./volume-write-checks";
import { readMarker } from "./volume-identity";

/** The outcome of one check. `ms` is how long it took, in milliseconds. */
export type VolumeFinding = {
  name: string;
  result: "ok" | "warning" | "failed";
  detail: string;
  ms: number;
};

export type VolumeCheckOptions = {
  volume: Volume;
  dataDir: string;
  /** The user that the server runs as; null where there are no users. */
  uid: number | null;
  newId: () => string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Number of repetitions of each round trip. */
  rounds?: number;
  /** Called with each finding as it is made. */
  onFinding?: (finding: VolumeFinding) => void;
};

const UNUSED = "No server has used it yet: if one has, its volume is not mounted here, or was moved away";
const UNMARKED = `it has conversations and no ${MARKER_NAME}: a server that starts makes one, and one that runs takes this for another volume`;

/** Less free space than this is a warning. */
const LOW_BYTES = 100_000_000;
const LOW_FILES = 10_000;

/**
 * Checks all that the store relies on (app/store/PROTOCOL.md), as this machine sees the volume, in a scratch folder
 * that is removed afterwards. Never rejects: a failure is a finding, and checks that depend on a failed one are left out.
 */
export async function checkVolume(options: VolumeCheckOptions): Promise<VolumeFinding[]> {
  const { volume, dataDir, uid, newId, now, rounds = 20, onFinding = () => {} } = options;
  const scratch = join(dataDir, `.check-${newId()}`);
  const checks = createCheckRun({ now, onFinding });
  /** How many folders were made so that there is one to check. */
  let made = 0;

  const isThere = await checks.run("folder", async () => {
    made = (await volume.makeFolderUnsynced(dataDir)).length;
    return checkFolder(volume, dataDir, { scratch, isMade: made > 0 });
  });
  if (!isThere) return checks.findings;
  await checks.run("permissions", () => checkPermissions(volume, dataDir, uid));
  await checks.run("file system", () => checkFileSystem(volume, dataDir));
  await checks.run("free space", () => checkSpace(volume, dataDir));
  const context = { volume, folder: scratch, rounds, now };
  await runWriteChecks(([name, check]) => checks.run(name, () => check(context)));
  const removed = removeScratch(volume, { scratch, dataDir, made }).catch(() => undefined);
  if (!checks.hangs()) await removed;
  return checks.findings;
}

/** Where the first of these fails, nothing can be written, and the others would only repeat that. */
async function runWriteChecks(run: (check: readonly [string, WriteCheck]) => Promise<boolean>) {
  const [first, ...others] = WRITE_CHECKS;
  if (!(await run(first))) return;
  for (const check of others) await run(check);
}

/** Runs checks one after the other and collects their findings. */
function createCheckRun({
  now,
  onFinding,
}: {
  now: () => number;
  onFinding: (finding: VolumeFinding) => void;
}) {
  const findings: VolumeFinding[] = [];
  /** The volume gives no answer: each further check would only wait for the deadline. */
  let hangs = false;

  return {
    findings,
    hangs: () => hangs,
    /** @returns whether it passed, perhaps with a warning */
    async run(name: string, check: () => Promise<CheckOutcome>): Promise<boolean> {
      if (hangs) return false;
      const startedAt = now();
      const finding: VolumeFinding = { name, result: "ok", detail: "", ms: 0 };
      try {
        const outcome = await check();
        if (typeof outcome === "string") finding.detail = outcome;
        else Object.assign(finding, { result: "warning", detail: outcome.warning });
      } catch (error) {
        hangs = errorCode(error) === "volume_unavailable";
        Object.assign(finding, { result: "failed", detail: explainVolumeError(error) });
      }
      finding.ms = now() - startedAt;
      findings.push(finding);
      onFinding(finding);
      return finding.result !== "failed";
    },
  };
}

/** Also makes the folder for the checks that write. */
async function checkFolder(
  volume: Volume,
  dataDir: string,
  { scratch, isMade }: { scratch: string; isMade: boolean },
): Promise<CheckOutcome> {
  const layout = createLayout(dataDir);
  if (!(await volume.stats(dataDir)).isFolder) throw new Error("it is not a folder");
  const id = await readMarker(volume, layout.marker);
  const isUsed = (await volume.list(dataDir)).includes(basename(layout.sessions));
  await volume.makeFolder(scratch);
  if (id !== null) return `${dataDir}, volume ${id}`;
  if (isUsed) return { warning: UNMARKED };
  return `${dataDir}, ${isMade ? "which was not there" : "new"}. ${UNUSED}`;
}

/** Removes the check's own folder, and DATA_DIR if the check has made it: it might hide an unmounted volume. */
async function removeScratch(
  volume: Volume,
  { scratch, dataDir, made }: { scratch: string; dataDir: string; made: number },
): Promise<void> {
  await volume.removeFolder(scratch);
  for (let path = dataDir, left = made; left > 0; left--, path = dirname(path)) {
    await volume.removeEmptyFolder(path);
  }
}

async function checkPermissions(volume: Volume, dataDir: string, uid: number | null): Promise<CheckOutcome> {
  const { mode, uid: owner } = await volume.stats(dataDir);
  const octal = mode.toString(8).padStart(4, "0");
  if (uid !== null && uid !== 0 && owner !== uid) {
    return { warning: `it belongs to user ${owner}, and the server would run as ${uid}` };
  }
  if ((mode & 0o077) !== 0) return { warning: `mode ${octal} lets others in: chmod 700 ${dataDir}` };
  return `mode ${octal}, user ${owner}`;
}

async function checkFileSystem(volume: Volume, dataDir: string): Promise<CheckOutcome> {
  const { type } = await volume.space(dataDir);
  const name = fileSystemName(type);
  const loss = LOST_WITH_THE_MACHINE[name];
  return loss ? { warning: `${name}: ${loss}` } : name;
}

async function checkSpace(volume: Volume, dataDir: string): Promise<CheckOutcome> {
  const { freeBytes, freeFiles } = await volume.space(dataDir);
  const files = freeFiles === null ? "" : `, ${freeFiles} files`;
  const detail = `${formatBytes(freeBytes)}${files} free`;
  const isLow = freeBytes < LOW_BYTES || (freeFiles !== null && freeFiles < LOW_FILES);
  return isLow ? { warning: `only ${detail}` } : detail;
}

function formatBytes(bytes: number): string {
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
