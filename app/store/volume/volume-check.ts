import { basename, dirname, join } from "node:path";
import { errorCode } from "./errno";
import { explainVolumeError } from "./explain-volume-error";
import { createLayout, MARKER_NAME } from "~/store/sessions/layout";
import { fileSystemName, LOST_WITH_THE_MACHINE } from "./file-system-name";
import type { Volume } from "./volume";
import { readMarker } from "./volume-identity";

/** What was found of one thing that the store relies on. `ms` is what it took. */
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
  /** How often each round trip is made. */
  rounds?: number;
  /** Told of each finding as it is made. */
  onFinding?: (finding: VolumeFinding) => void;
};

type Outcome = string | { warning: string };

const UNUSED = "No server has used it yet: if one has, its volume is not mounted here, or was moved away";
const UNMARKED = `it has conversations and no ${MARKER_NAME}: a server that starts makes one, and one that runs takes this for another volume`;

const LOW_BYTES = 100_000_000;
const LOW_FILES = 10_000;

/**
 * Tries everything that the store relies on, as this machine sees it, in a folder of its own that goes again.
 * Never rejects: what fails is a finding, and what cannot be tried after it is not tried.
 */
export async function checkVolume(options: VolumeCheckOptions): Promise<VolumeFinding[]> {
  const { volume, dataDir, uid, newId, now, rounds = 20 } = options;
  const scratch = join(dataDir, `.check-${newId()}`);
  const at = (name: string) => join(scratch, name);
  const layout = createLayout(dataDir);
  const findings: VolumeFinding[] = [];
  /** How many folders were made so that there is one to check. */
  let made = 0;

  /** The volume hangs: it would be so with everything, one deadline after another. */
  let hangs = false;

  /** @returns whether it went well enough for others to be tried */
  async function tryOut(name: string, attempt: () => Promise<Outcome>): Promise<boolean> {
    if (hangs) return false;
    const startedAt = now();
    const finding: VolumeFinding = { name, result: "ok", detail: "", ms: 0 };
    try {
      const outcome = await attempt();
      if (typeof outcome === "string") finding.detail = outcome;
      else Object.assign(finding, { result: "warning", detail: outcome.warning });
    } catch (error) {
      hangs = errorCode(error) === "volume_unavailable";
      Object.assign(finding, { result: "failed", detail: explainVolumeError(error) });
    }
    finding.ms = now() - startedAt;
    findings.push(finding);
    options.onFinding?.(finding);
    return finding.result !== "failed";
  }

  async function folder(): Promise<Outcome> {
    made = (await volume.makeFolderUnsynced(dataDir)).length;
    if (!(await volume.stats(dataDir)).isFolder) throw new Error("it is not a folder");
    const id = await readMarker(volume, layout.marker);
    const isUsed = (await volume.list(dataDir)).includes(basename(layout.sessions));
    await volume.makeFolder(scratch);
    if (id !== null) return `${dataDir}, volume ${id}`;
    if (isUsed) return { warning: UNMARKED };
    return `${dataDir}, ${made > 0 ? "which was not there" : "new"}. ${UNUSED}`;
  }

  /** A folder that the check has made must not stand where a volume, or its mount point, is missed. */
  async function removeMade() {
    await volume.removeFolder(scratch);
    for (let path = dataDir; made > 0; made--, path = dirname(path)) await volume.removeEmptyFolder(path);
  }

  async function permissions(): Promise<Outcome> {
    const { mode, uid: owner } = await volume.stats(dataDir);
    const octal = mode.toString(8).padStart(4, "0");
    if (uid !== null && uid !== 0 && owner !== uid) {
      return { warning: `it belongs to user ${owner}, and the server would run as ${uid}` };
    }
    if ((mode & 0o077) !== 0) return { warning: `mode ${octal} lets others in: chmod 700 ${dataDir}` };
    return `mode ${octal}, user ${owner}`;
  }

  async function fileSystem(): Promise<Outcome> {
    const { type } = await volume.space(dataDir);
    const name = fileSystemName(type);
    const loss = LOST_WITH_THE_MACHINE[name];
    return loss ? { warning: `${name}: ${loss}` } : name;
  }

  async function space(): Promise<Outcome> {
    const { freeBytes, freeFiles } = await volume.space(dataDir);
    const files = freeFiles === null ? "" : `, ${freeFiles} files`;
    const detail = `${formatBytes(freeBytes)}${files} free`;
    const low = freeBytes < LOW_BYTES || (freeFiles !== null && freeFiles < LOW_FILES);
    return low ? { warning: `only ${detail}` } : detail;
  }

  async function createAndSync(): Promise<Outcome> {
    const words = "acknowledged";
    await volume.writeNew(at("created"), words);
    await volume.syncFolder(scratch);
    const { bytes } = await volume.read(at("created"));
    if (bytes.toString() !== words) throw new Error("a file has other bytes than were written");
    return "a new file, fsync of it and of its folder";
  }

  async function linkExcludes(): Promise<Outcome> {
    await Promise.all([0, 1].map((i) => volume.writeNew(at(`linked-${i}`), `${i}`)));
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        volume.link(at(`linked-${i % 2}`), at("revision")).then(
          () => true,
          (error: unknown) => {
            if (errorCode(error) === "EEXIST") return false;
            throw error;
          },
        ),
      ),
    );
    const winners = won.filter(Boolean).length;
    if (winners !== 1) throw new Error(`${winners} of 8 writers got the same name`);
    return "1 of 8 writers got the name";
  }

  /** Replaces a file again and again while it is read. */
  async function renameIsAtomic(): Promise<Outcome> {
    const size = 16_384;
    const text = (i: number) => String(i % 10).repeat(size);
    await volume.writeNew(at("replaced"), text(0));
    let replacing = true;
    let reads = 0;
    async function readAll() {
      while (replacing) {
        try {
          const { bytes } = await volume.read(at("replaced"));
          const read = bytes.toString();
          if (read.length !== size || read !== read[0]!.repeat(size)) throw new Error("half a file was read");
          reads += 1;
        } catch (error) {
          if (errorCode(error) === "ENOENT") throw new Error("the name was missing for a moment");
          // NFS says so of a file that was replaced under our feet; the name is good.
          if (errorCode(error) !== "ESTALE") throw error;
        }
      }
    }
    async function replace() {
      try {
        for (let i = 1; i <= rounds; i++) {
          await volume.writeNew(at("replacement"), text(i));
          await volume.rename(at("replacement"), at("replaced"));
        }
      } finally {
        replacing = false;
      }
    }
    await Promise.all([replace(), readAll(), readAll()]);
    return `${rounds} replacements, ${reads} reads, each of a whole file`;
  }

  async function listingIsFresh(): Promise<Outcome> {
    for (let i = 0; i < rounds; i++) {
      await volume.writeNew(at(`name-${i}`), "");
      if (!(await volume.list(scratch)).includes(`name-${i}`)) throw new Error("a new name was not listed");
      await volume.unlink(at(`name-${i}`));
      if ((await volume.list(scratch)).includes(`name-${i}`)) throw new Error("a removed name was listed");
    }
    return `${rounds} new names, each listed at once`;
  }

  async function appendIsVisible(): Promise<Outcome> {
    const log = await volume.createLog(at("log"));
    try {
      for (let i = 0, offset = 0; i < rounds; i++) {
        const line = `line ${i}\n`;
        await log.append(line);
        const seen = await volume.readFrom(at("log"), offset);
        if (seen.toString() !== line) throw new Error("what was appended is not seen by another reader");
        offset += line.length;
      }
    } finally {
      await log.close();
    }
    return `${rounds} lines, each seen by a new reader`;
  }

  async function roundTrips(): Promise<Outcome> {
    const own = at("round-trips");
    const bytes = "x".repeat(20_000);
    await volume.makeFolder(own);
    await volume.writeNew(join(own, "read"), bytes);
    const times: Record<string, number[]> = { list: [], read: [], "write+sync": [], commit: [] };
    async function time(what: string, work: () => Promise<unknown>) {
      const startedAt = now();
      await work();
      times[what]!.push(now() - startedAt);
    }
    for (let i = 0; i < rounds; i++) {
      const [temporary, revision] = [join(own, `${i}.tmp`), join(own, `${i}.json`)];
      await time("list", () => volume.list(own));
      await time("read", () => volume.read(join(own, "read")));
      await time("write+sync", () => volume.writeNew(join(own, `written-${i}`), bytes));
      await time("commit", async () => {
        await volume.list(own);
        await volume.writeNew(temporary, bytes);
        await volume.link(temporary, revision);
        await volume.unlink(temporary);
        await volume.list(own);
        await volume.syncFolder(own);
      });
    }
    const medians = Object.entries(times).map(([what, values]) => `${what} ${median(values).toFixed(1)}`);
    return `${medians.join(", ")} ms (medians, 20 KB)`;
  }

  if (await tryOut("folder", folder)) {
    await tryOut("permissions", permissions);
    await tryOut("file system", fileSystem);
    await tryOut("free space", space);
    // Where nothing can be written, the rest would say so once more each.
    if (await tryOut("create and fsync", createAndSync)) {
      await tryOut("link excludes", linkExcludes);
      await tryOut("rename is atomic", renameIsAtomic);
      await tryOut("listing is fresh", listingIsFresh);
      await tryOut("append is visible", appendIsVisible);
      await tryOut("round trips", roundTrips);
    }
    const removed = removeMade().catch(() => undefined);
    if (!hangs) await removed;
  }
  return findings;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function formatBytes(bytes: number): string {
  const units = ["KB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
