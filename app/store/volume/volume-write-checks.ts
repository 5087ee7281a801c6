import { join } from "node:path";
import { hasCode, unlessTaken } from "./errno";
import type { Volume } from "./volume";

/** A sentence about what was found; a warning where the volume can be used but should be changed. */
export type CheckOutcome = string | { warning: string };

export type CheckContext = {
  volume: Volume;
  /** An empty folder for the files of the checks. */
  folder: string;
  /** Number of repetitions of each round trip. */
  rounds: number;
  /** A monotonic clock in milliseconds. */
  now: () => number;
};

/** Tries one guarantee of the file system. Rejects where it is broken. */
export type WriteCheck = (context: CheckContext) => Promise<CheckOutcome>;

/** Bytes of a file that is replaced while it is read: several pages, so that a torn read would show. */
const REPLACED_BYTES = 16_384;
/** Size of an ordinary conversation, in bytes. */
const ORDINARY_BYTES = 20_000;
/** Bytes of one append to the log of replies of a busy node. */
const APPENDED_BYTES = 4_096;
const WRITERS = 8;

/**
 * The guarantees in app/store/PROTOCOL.md ("Required guarantees of the file system"), one check each, and what round trips
 * cost. All others depend on the first.
 */
export const WRITE_CHECKS: readonly [
  readonly [string, WriteCheck],
  ...(readonly (readonly [string, WriteCheck])[]),
] = [
  ["create and fsync", createAndSync],
  ["link excludes", linkExcludes],
  ["rename is atomic", renameIsAtomic],
  ["listing is fresh", listingIsFresh],
  ["append is visible", appendIsVisible],
  ["round trips", roundTrips],
];

async function createAndSync({ volume, folder }: CheckContext): Promise<CheckOutcome> {
  const path = join(folder, "created");
  const text = "acknowledged";
  await volume.writeNew(path, text);
  await volume.syncFolder(folder);
  const { bytes } = await volume.read(path);
  if (bytes.toString() !== text) throw new Error("a file has other bytes than were written");
  return "a new file, fsync of it and of its folder";
}

async function linkExcludes({ volume, folder }: CheckContext): Promise<CheckOutcome> {
  const existing = (writer: number) => join(folder, `linked-${writer % 2}`);
  await Promise.all([0, 1].map((i) => volume.writeNew(existing(i), `${i}`)));
  const won = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) =>
      volume.link(existing(writer), join(folder, "revision")).then(
        () => true,
        (error: unknown) => {
          unlessTaken(error);
          return false;
        },
      ),
    ),
  );
  const winners = won.filter(Boolean).length;
  if (winners !== 1) throw new Error(`${winners} of ${WRITERS} writers got the same name`);
  return `1 of ${WRITERS} writers got the name`;
}

/** Replaces a file repeatedly while two readers read it. */
async function renameIsAtomic({ volume, folder, rounds }: CheckContext): Promise<CheckOutcome> {
  const [replaced, replacement] = [join(folder, "replaced"), join(folder, "replacement")];
  const text = (i: number) => String(i % 10).repeat(REPLACED_BYTES);
  await volume.writeNew(replaced, text(0));
  let replacing = true;
  let reads = 0;
  async function readAll() {
    while (replacing) {
      try {
        const { bytes } = await volume.read(replaced);
        const read = bytes.toString();
        if (read.length !== REPLACED_BYTES || read !== read[0]!.repeat(REPLACED_BYTES))
          throw new Error("half a file was read");
        reads += 1;
      } catch (error) {
        if (hasCode(error, "ENOENT")) throw new Error("the name was missing for a moment");
        // NFS answers so where the file was replaced between opening and reading it; the name is good.
        if (!hasCode(error, "ESTALE")) throw error;
      }
    }
  }
  async function replace() {
    try {
      for (let i = 1; i <= rounds; i++) {
        await volume.writeNew(replacement, text(i));
        await volume.rename(replacement, replaced);
      }
    } finally {
      replacing = false;
    }
  }
  await Promise.all([replace(), readAll(), readAll()]);
  return `${rounds} replacements, ${reads} reads, each of a whole file`;
}

async function listingIsFresh({ volume, folder, rounds }: CheckContext): Promise<CheckOutcome> {
  for (let i = 0; i < rounds; i++) {
    const name = `name-${i}`;
    await volume.writeNew(join(folder, name), "");
    if (!(await volume.list(folder)).includes(name)) throw new Error("a new name was not listed");
    await volume.unlink(join(folder, name));
    if ((await volume.list(folder)).includes(name)) throw new Error("a removed name was listed");
  }
  return `${rounds} new names, each listed at once`;
}

async function appendIsVisible({ volume, folder, rounds }: CheckContext): Promise<CheckOutcome> {
  const path = join(folder, "log");
  const log = await volume.createLog(path);
  try {
    for (let i = 0, offset = 0; i < rounds; i++) {
      const line = `line ${i}\n`;
      await log.append(line);
      const seen = await volume.readFrom(path, offset);
      if (seen.toString() !== line) throw new Error("what was appended is not seen by another reader");
      offset += line.length;
    }
  } finally {
    await log.close();
  }
  return `${rounds} lines, each seen by a new reader`;
}

async function roundTrips({ volume, folder, rounds, now }: CheckContext): Promise<CheckOutcome> {
  const own = join(folder, "round-trips");
  const bytes = "x".repeat(ORDINARY_BYTES);
  await volume.makeFolder(own);
  await volume.writeNew(join(own, "read"), bytes);
  const log = await volume.createLog(join(own, "log"));
  const times: Record<string, number[]> = {
    list: [],
    read: [],
    "append+list": [],
    "write+sync": [],
    commit: [],
  };
  async function time(name: string, work: () => Promise<unknown>) {
    const startedAt = now();
    await work();
    times[name]!.push(now() - startedAt);
  }
  for (let i = 0; i < rounds; i++) {
    const [temporary, revision] = [join(own, `${i}.tmp`), join(own, `${i}.json`)];
    await time("list", () => volume.list(own));
    await time("read", () => volume.read(join(own, "read")));
    // What words of answers wait for, each time that a node writes them.
    await time("append+list", async () => {
      await log.append("x".repeat(APPENDED_BYTES));
      await volume.list(own);
    });
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
  await log.close();
  const medians = Object.entries(times).map(([name, values]) => `${name} ${median(values).toFixed(1)}`);
  return `${medians.join(", ")} ms (medians, 20 KB)`;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
