import { join } from "node:path";
import { segmentName, parseMembershipLine, parseSegmentName, splitInstance } from "./membership-line";
import { groupSegments, UNREADABLE } from "./membership-tails";
import type { Layout } from "~/store/sessions/layout";
import { DEAD_AFTER_MS } from "./failure-detector";
import type { Timer } from "~/store/volume/timer";
import { errorCode, type Volume } from "~/store/volume/volume";

/** Another process of this name lives: this one must end, and must not take over what the other runs. */
export class NameTakenError extends Error {
  override readonly name = "NameTakenError";
  /** `name.boot` of the other. */
  readonly instance: string;

  constructor(instance: string) {
    super(`The process ${instance} has the name of this one, and lives.`);
    this.instance = instance;
  }
}

/**
 * Makes a name one process's own. A process that starts watches the membership logs of earlier ones of its name before it
 * writes a membership log itself: one that grows lives, and one that says goodbye, or does not grow for as long as makes any
 * node dead, is gone. One that drains lives on beside its successor, as in a rolling restart.
 */
export type NameClaim = {
  /**
   * Waits until no earlier process of this name lives; at once where none was there.
   * @returns the boots of all that were there
   * @throws NameTakenError where one lives; errors of the volume as they are, and what was seen so far counts when
   *   it is called again
   */
  settle(): Promise<string[]>;
  /**
   * To be called once the own membership log is in the folder. Of two processes that started at the same moment, and did not
   * see each other before, at least one sees the other now, and one of them stays.
   * @throws NameTakenError in the one that has to go
   */
  confirm(): Promise<void>;
  /** Whether `settle` waits for a process that may live. */
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
  /** Whether the process of a boot is known to have ended, without a look at its membership log. False where nothing is known. */
  isProcessGone: (boot: string) => boolean;
  /** Called once, when an earlier process has to be watched. */
  onWait?: (instance: string) => void;
};

const LOOK_EVERY_MS = 1_000;
/** The most that one look without growth counts for: this process may have been frozen, or the volume away. */
const CREDIT_MS = DEAD_AFTER_MS / 4;
/** How long the other of two that started at the same moment has to see this one and to leave. */
const LEAVE_WITHIN_MS = 3_000;
/** Longer than any segment of a membership log. */
const READ_LIMIT = 1_048_576;

type Sight = { size: string; silentMs: number; seenAt: number };

export function createNameClaim(options: NameClaimOptions): NameClaim {
  const { volume, layout, name, boot, now, timer, isProcessGone } = options;
  const sights = new Map<string, Sight>();
  const earlier = new Set<string>();
  let watching = false;
  const pause = (ms: number) => new Promise<void>((resolve) => timer(ms, resolve));

  /** The newest segment of each other process of this name, by its boot. */
  async function namesakes(): Promise<Map<string, number>> {
    try {
      const membershipLogs = groupSegments(
        (await volume.list(layout.nodes)).filter((fileName) => parseSegmentName(fileName)?.name === name),
      );
      membershipLogs.delete(`${name}.${boot}`);
      return new Map(
        [...membershipLogs].map(([instance, segments]) => [splitInstance(instance).boot, segments.at(-1)!]),
      );
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      return new Map();
    }
  }

  /** Whether it may live and has not been silent for long enough. */
  async function mayLive(other: string, segment: number): Promise<boolean> {
    if (isProcessGone(other)) return false;
    const askedAt = now();
    const fileName = segmentName({ name, boot: other, segment });
    const text = await readText(join(layout.nodes, fileName));
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
      const code = errorCode(error) ?? "";
      // A sweep was faster: the next listing will not have it. What is no membership log does not grow.
      if (code === "ENOENT" || UNREADABLE.has(code)) return "";
      throw error;
    }
  }

  async function settle(): Promise<string[]> {
    for (;;) {
      const others = [...(await namesakes())];
      const living = [];
      for (const [other, segment] of others) {
        earlier.add(other);
        if (await mayLive(other, segment)) living.push(other);
      }
      if (living.length > 0 && !watching) options.onWait?.(`${name}.${living[0]!}`);
      watching = living.length > 0;
      if (!watching) return [...earlier];
      await pause(LOOK_EVERY_MS);
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

/** Whether a membership log's newest segment says that its process ends or has ended: it does not stand in the way. */
function hasLeft(text: string): boolean {
  return text.split("\n").some((text) => {
    const line = parseMembershipLine(text);
    return line !== null && ("goodbye" in line || ("draining" in line && line.draining));
  });
}
