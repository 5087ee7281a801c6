import type { Layout } from "~/store/documents/layout";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";
import { createReplyOwners } from "./reply-owners";
import { createTally, type Counted } from "./tally";
import { createUsageLog } from "./usage-log";
import { createUsageReader } from "./usage-reader";
import { createUsageSync } from "./usage-sync";

export { MAX_LAG_MS } from "./usage-sync";

/**
 * Usage of all nodes together, as far as this node knows. It knows its own at once; it reads that of the others as
 * often as it writes its own, once a second while there are requests. So a sum is exact on one node, and lacks what
 * the others did in the last two seconds; on a slow volume, in the last `MAX_LAG_MS` and a second. A node that is
 * killed loses what it counted in its last second. Whatever the number of messages, a node makes one append, one
 * listing and one read for each other node in a second, and none while there are no requests.
 *
 * Windows go by each node's own clock: clocks that differ by a second let a second's worth more through.
 */
export type FleetUsage = {
  /**
   * Resolves once the usage of other nodes is known, no older than `MAX_LAG_MS`: at once, but for the first request in
   * a while.
   * @throws ExpectedError `volume_unavailable` where the volume does not answer in time
   */
  fresh(): Promise<void>;
  /** Adds to the sums of a subject; a negative amount takes back what was added. */
  count(counted: Counted, subject: string, amount: number): void;
  sum(counted: Counted, subject: string, windowMs: number): number;
  /** Changes the amount that this node holds: replies that run for an address, or what they may yet cost. */
  hold(subject: string, change: number): void;
  /** The amount that all live nodes hold. */
  held(subject: string): number;
  /** Publishes for which address a reply runs here, until the returned function is called. */
  own(replyId: string, address: string): () => void;
  /** The address that a reply was begun for, also on a dead node; null where that is not known here. */
  ownerOf(replyId: string): string | null;
  /** Puts what was counted on stable storage, as far as the volume takes it. Never rejects. */
  flush(): Promise<void>;
};

export type FleetUsageOptions = {
  volume: Volume;
  layout: Layout;
  name: string;
  boot: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  delay: (ms: number) => Promise<unknown>;
  isDead: (instance: string) => boolean;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

export function createFleetUsage(options: FleetUsageOptions): FleetUsage {
  const { clock, now, timer, delay, log } = options;
  const tally = createTally({ clock });
  const usageLog = createUsageLog(options);
  const heldHere = new Map<string, number>();
  const owners = createReplyOwners();
  const reader = createUsageReader({
    ...options,
    own: `${options.name}.${options.boot}`,
    onCount: tally.add,
    onHeld: owners.note,
    onDamage: (event) => log.warn(event, "a usage file is damaged"),
  });
  const sync = createUsageSync({ read: reader.refresh, write: usageLog.flush, now, timer, delay, log });

  function hold(subject: string, change: number) {
    const amount = (heldHere.get(subject) ?? 0) + change;
    if (amount > 0) heldHere.set(subject, amount);
    else heldHere.delete(subject);
    usageLog.running(subject, Math.max(0, amount));
    sync.markDirty();
  }

  return {
    fresh: sync.fresh,
    count(counted, subject, amount) {
      const key = tally.keyFor(counted, subject);
      tally.add(key, amount, clock());
      usageLog.count(key, amount);
      sync.markDirty();
    },
    sum: (counted, subject, windowMs) => tally.sum(tally.keyFor(counted, subject), windowMs),
    hold,
    held: (subject) => (heldHere.get(subject) ?? 0) + reader.running(subject),
    own(replyId, address) {
      const subject = owners.subjectFor(replyId, address);
      owners.note(subject);
      hold(subject, 1);
      return () => hold(subject, -1);
    },
    ownerOf: owners.ownerOf,
    flush: sync.flush,
  };
}
