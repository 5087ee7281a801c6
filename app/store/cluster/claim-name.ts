import { join } from "node:path";
import { groupSegments, segmentName, splitInstance } from "./instance-segments";
import { parseMembershipLine } from "./membership-line";
import type { Layout } from "~/store/documents/layout";
import { DEAD_AFTER_MS } from "./failure-detector";
import { hasCode, isUnreadable, unlessMissing } from "~/store/volume/errno";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";

/** Another process of this name lives: this one must end, and must not take over the other's replies. */
export class NameTakenError extends Error {
  override readonly name = "NameTakenError";
  /** The other process, `name.boot`. */
  readonly instance: string;

  constructor(instance: string) {
    super(`The process ${instance} has the name of this one and is running.`);
    this.instance = instance;
  }
}

/**
 * Ensures that one process has a node's name. A process that starts first watches the membership logs of earlier
 * processes of its name. A log that grows belongs to a living process. A log with a leave, or without growth for
 * `DEAD_AFTER_MS`, belongs to a dead one. A draining process may live on beside its successor, as in a rolling restart.
 */
export type NameClaim = {
  /**
   * Resolves when no earlier process of this name lives, at once where there was none.
   * @returns the boots of all earlier processes
   * @throws NameTakenError where one lives; errors of the volume, after which a new call continues the watch
   */
  settle(): Promise<string[]>;
  /**
   * To be called once this process's own log exists. Of two processes that started at the same moment without seeing
   * each other, at least one sees the other now; the one with the lower boot stays.
   * @throws NameTakenError in the one that must end
   */
  confirm(): Promise<void>;
  /** Whether `settle` is watching a process that may live. */
  isWatching(): boolean;
};

export type NameClaimOptions = {
  volume: Pick<Volume, "list" | "readFrom">;
  layout: Layout;
  name: string;
  boot: string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** Whether the process of a boot is known to have ended, without reading its log. False where nothing is known. */
  isProcessGone: (boot: string) => boolean;
  /** Called once, with the first earlier process that must be watched. */
  onWait?: (instance: string) => void;
};

const POLL_EVERY_MS = 1_000;
/** Most silence that one poll counts, in milliseconds: this process may have been frozen, or the volume away. */
const CREDIT_MS = DEAD_AFTER_MS / 4;
/** Time for the other of two processes that started at the same moment to see this one and leave, in milliseconds. */
const LEAVE_WITHIN_MS = 3_000;
/** Bytes. Longer than any segment of a membership log. */
const READ_LIMIT = 1_048_576;

/** Size and silence of a log, as last polled. */
type Sight = { size: string; silentMs: number; seenAt: number };

export function createNameClaim(options: NameClaimOptions): NameClaim {
  const { volume, layout, name, boot, now, timer, isProcessGone } = options;
  const sights = new Map<string, Sight>();
  const earlier = new Set<string>();
  let watching = false;
  const pause = (ms: number) => new Promise<void>((resolve) => timer(ms, resolve));

  async function listNodes(): Promise<string[]> {
    return volume.list(layout.nodes).catch((error: unknown) => {
      unlessMissing(error);
      return [];
    });
  }

  /** The newest segment of each other process of this name, by its boot. */
  async function namesakes(): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    for (const [instance, segments] of groupSegments(await listNodes())) {
      const other = splitInstance(instance);
      if (other.name === name && other.boot !== boot) newest.set(other.boot, segments.at(-1)!);
    }
    return newest;
  }

  /** Whether a process may live: it has not left, and was not silent for long enough. */
  async function mayBeAlive(other: string, segment: number): Promise<boolean> {
    if (isProcessGone(other)) return false;
    const askedAt = now();
    const text = await readText(join(layout.nodes, segmentName(`${name}.${other}`, segment)));
    if (hasLeft(text)) return false;
    const size = `${segment}:${text.length}`;
    const seen = sights.get(other);
    if (seen && seen.size !== size) throw new NameTakenError(`${name}.${other}`);
    const silentMs = seen ? seen.silentMs + Math.min(CREDIT_MS, Math.max(0, askedAt - seen.seenAt)) : 0;
    sights.set(other, { size, silentMs, seenAt: Math.max(askedAt, seen?.seenAt ?? now()) });
    return silentMs < DEAD_AFTER_MS;
  }

  async function readText(path: string): Promise<string> {
    try {
      return (await volume.readFrom(path, 0, READ_LIMIT)).toString("utf8");
    } catch (error) {
      // ENOENT: a sweep was faster, and the next listing will not have it. Unreadable: not a log, so it does not grow.
      if (hasCode(error, "ENOENT") || isUnreadable(error)) return "";
      throw error;
    }
  }

  async function settle(): Promise<string[]> {
    for (;;) {
      const others = [...(await namesakes())];
      const living = [];
      for (const [other, segment] of others) {
        earlier.add(other);
        if (await mayBeAlive(other, segment)) living.push(other);
      }
      if (living.length > 0 && !watching) options.onWait?.(`${name}.${living[0]!}`);
      watching = living.length > 0;
      if (!watching) return [...earlier];
      await pause(POLL_EVERY_MS);
    }
  }

  return {
    settle,
    async confirm() {
      const strangers = [...(await namesakes()).keys()].filter(
        (other) => !earlier.has(other) && !isProcessGone(other),
      );
      const [first] = strangers.toSorted();
      if (first === undefined) return;
      if (first < boot) throw new NameTakenError(`${name}.${first}`);
      await pause(LEAVE_WITHIN_MS);
      sights.clear();
      await settle();
    },
    isWatching: () => watching,
  };
}

/** Whether a newest segment announces that its process drains or has left: then it does not block its successor. */
function hasLeft(text: string): boolean {
  return text.split("\n").some((text) => {
    const line = parseMembershipLine(text);
    return line !== null && ("goodbye" in line || ("draining" in line && line.draining));
  });
}
