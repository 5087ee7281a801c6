import { join } from "node:path";
import { HASH_PATTERN } from "~/conversation/session/session-id";
import { isGone } from "~/store/volume/errno";
import { namesIn, namesInShards } from "~/store/volume/list-folder";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import { readSessionFolder, revisionName, SHARDS, type Layout } from "./layout";
import { retentionAction } from "./retention-action";
import { parseDoomedName, type Retirement } from "./retire-session";
import { sweepEach } from "~/store/volume/sweep-each";
import { sweepRegularly } from "~/store/volume/sweep-regularly";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";

export const DAY_MS = 86_400_000;

export type SweepTally = { seen: number; retired: number; removed: number };

/** Removes documents that were not used for `days`, and leftovers of removals. Any number of nodes may sweep at once. */
export type Retention = {
  /**
   * Goes through all documents once, from a random folder on, at `documentsPerSecond`. Ends early when aborted.
   * @throws what the volume throws
   */
  sweep(signal: AbortSignal): Promise<SweepTally>;
  /** Sweeps about once a day. @returns a function that stops it */
  start(): () => void;
};

export type RetentionOptions<W extends RevisionDocument, H extends W> = {
  volume: Volume;
  layout: Layout;
  kind: DocumentKind<W, H>;
  /** Their name in the log: "the sessions". */
  what: string;
  /** This instance, `name.boot`, in the name of its test file. */
  instance: string;
  retirement: Retirement<H>;
  isDead: (instance: string) => boolean;
  /** Days without use after which a document is retired; null retires none, and only removes leftovers. */
  days: number | null;
  clock: () => Date;
  timer: Timer;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A number from 0 up to 1. */
  random: () => number;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
  documentsPerSecond?: number;
};

/** How long a tombstone stays, in milliseconds. */
const GRACE_MS = 7 * DAY_MS;
/** Bytes; a tombstone is smaller. */
const MAX_TOMBSTONE_SIZE = 2_048;
/** Left by a node that died while it deleted a document. */
const DELETED_NAME = /^[0-9a-f]{64}\.[A-Za-z0-9_-]+\.deleted$/;

export function createRetention<W extends RevisionDocument, H extends W>(
  options: RetentionOptions<W, H>,
): Retention {
  const { volume, layout, kind, instance, retirement, days, clock, timer, random, log } = options;
  const { documentsPerSecond = 20 } = options;
  const maxAge = days === null ? Infinity : days * DAY_MS;
  const headers = kind.headerCodec();

  async function sweep(signal: AbortSignal): Promise<SweepTally> {
    const tally = { seen: 0, retired: 0, removed: 0 };
    const volumeNow = await readVolumeClock(volume, layout, instance, options.what.replaceAll(" ", "-"));
    const first = Math.floor(random() * SHARDS.length);
    const shards = [...SHARDS.slice(first), ...SHARDS.slice(0, first)];
    await sweepEach(namesInShards(volume, kind.root, shards), signal, async ([shard, name]) => {
      await options.delay(1_000 / documentsPerSecond);
      await sweepName(shard, name, volumeNow, tally);
    });
    return tally;
  }

  async function sweepName(shard: string, name: string, volumeNow: number, tally: SweepTally) {
    if (DELETED_NAME.test(name)) {
      await volume.removeFolder(join(kind.root, shard, name));
      tally.removed += 1;
    } else if (parseDoomedName(name)) {
      if (await retirement.finishRemoval(name)) tally.removed += 1;
    } else if (HASH_PATTERN.test(name)) {
      tally.seen += 1;
      await sweepDocument(name, volumeNow, tally);
    }
  }

  /**
   * Retires or removes a document that is old by two clocks: the age of its file by the volume's clock, and the
   * timestamps in its document by this node's clock. So one wrong clock removes nothing; differences of minutes or
   * hours do not matter, since ages are days. A young file is not read at all.
   */
  async function sweepDocument(hash: string, volumeNow: number, tally: SweepTally) {
    const folder = kind.folderOf(hash);
    const contents = readSessionFolder(await namesIn(volume, folder));
    const rev = contents.revisions[0];
    if (rev === undefined) return;
    try {
      const path = join(folder, revisionName(rev));
      const { modifiedAt, size } = await volume.stats(path);
      const fileAge = volumeNow - modifiedAt;
      if (fileAge < (size <= MAX_TOMBSTONE_SIZE ? Math.min(maxAge, DAY_MS) : maxAge)) return;
      const parsed = headers.decode(hash, (await volume.read(path)).bytes, rev);
      // Damage is left for a reader, which reports it.
      if (parsed.kind !== "whole") return;
      const { retiredAt } = parsed.document;
      const retiredAge = retiredAt === undefined ? null : ageOf(retiredAt);
      const isFinal = kind.retention.isFinal(parsed.document);
      const hasLeftovers = contents.revisions.length + contents.journals.length + contents.damaged.length > 1;
      await act(
        hash,
        retentionAction({ fileAge, retiredAge, isFinal, hasLeftovers }, { maxAge, graceMs: GRACE_MS }),
        tally,
      );
    } catch (error) {
      // Another writer has changed the folder meanwhile.
      if (!isGone(error)) throw error;
    }
  }

  async function act(hash: string, action: ReturnType<typeof retentionAction>, tally: SweepTally) {
    if (action === "retire" && (await retirement.retire(hash, isDue))) tally.retired += 1;
    if (action === "purge") await retirement.purge(hash);
    if (action === "remove" && (await retirement.remove(hash))) tally.removed += 1;
  }

  function isDue(header: H): boolean {
    const { isInUse, usedAt } = kind.retention;
    return !isInUse(header, options.isDead) && ageOf(usedAt(header)) >= maxAge;
  }

  const ageOf = (timestamp: string) => clock().getTime() - Date.parse(timestamp);

  return {
    sweep,
    start: () => sweepRegularly({ sweep, what: options.what, everyMs: DAY_MS, timer, random, log }),
  };
}
