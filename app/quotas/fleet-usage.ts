import { ExpectedError } from "~/conversation/expected-error";
import type { Layout } from "~/store/sessions/layout";
import type { Timer } from "~/store/volume/timer";
import type { Volume } from "~/store/volume/volume";
import { createReplyOwners } from "./reply-owners";
import { createTally, type Counted } from "./tally";
import { createUsageLog } from "./usage-log";
import { createUsageReader } from "./usage-reader";

/**
 * What all nodes together have used, as far as this one knows. Its own part it knows at once; that of the others
 * it reads as it writes its own, once a second while anybody asks. So a sum is exact on one node, and short of what
 * the others did in the last two seconds; on a slow volume, of what they did in `MAX_LAG_MS` and a second. What a
 * node that is killed has counted in its last second is lost. Whatever the number of messages, a node makes one
 * append, one listing and one read for each other node in a second, and nothing at all while nobody asks.
 *
 * Windows go by each node's own clock: clocks that differ by a second let a second's worth more through.
 */
export type FleetUsage = {
  /**
   * Resolves once what is known is no older than `MAX_LAG_MS`: at once, but for the first request in a while.
   * @throws ExpectedError `volume_unavailable` where the volume does not answer in time
   */
  fresh(): Promise<void>;
  count(counted: Counted, subject: string, amount: number): void;
  sum(counted: Counted, subject: string, windowMs: number): number;
  /** Holds so much more, or less, of something here: replies that run for an address, or what they may yet cost. */
  hold(subject: string, change: number): void;
  /** How much of it all nodes that live hold. */
  held(subject: string): number;
  /** Tells all nodes for which address a reply runs here, until what it returns is called. */
  own(replyId: string, address: string): () => void;
  /** The address that a reply was begun for, also on a node that is gone; null where that is not known here. */
  ownerOf(replyId: string): string | null;
  /** Puts what was counted on stable storage, as far as the volume takes it. Never rejects. */
  flush(): Promise<void>;
};

export type FleetUsageOptions = {
  volume: Volume;
  layout: Layout;
  name: string;
  boot: string;
  /** Milliseconds since 1970, and a monotonic clock in milliseconds. */
  clock: () => number;
  now: () => number;
  timer: Timer;
  delay: (ms: number) => Promise<unknown>;
  isDead: (instance: string) => boolean;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

export const MAX_LAG_MS = 10_000;
const SYNC_MS = 1_000;
/** How long after the last request it goes on. */
const ATTENTION_MS = 15_000;
/** How long a request waits for the first look in a while: as long as for any other operation on the volume. */
const PATIENCE_MS = 10_000;

export function createFleetUsage(options: FleetUsageOptions): FleetUsage {
  const { clock, now, timer, log } = options;
  const tally = createTally({ clock });
  const own = createUsageLog(options);
  const heldHere = new Map<string, number>();
  const owners = createReplyOwners();
  const reader = createUsageReader({
    ...options,
    own: `${options.name}.${options.boot}`,
    onCount: tally.add,
    onHeld: owners.note,
    onDamage: (event) => log.warn(event, "a file with what was used is damaged"),
  });

  let lookedAt = -Infinity;
  let attendUntil = -Infinity;
  let syncing: Promise<void> | null = null;
  let scheduled = false;
  let broken = false;
  let isDirty = false;

  function attend() {
    attendUntil = now() + ATTENTION_MS;
    schedule();
  }

  function schedule() {
    if (scheduled || syncing) return;
    scheduled = true;
    timer(SYNC_MS, () => {
      scheduled = false;
      void sync();
    });
  }

  /** Of its parts a request waits for the look alone: what this node has counted it knows. */
  let looking: Promise<void> = Promise.resolve();

  function sync(): Promise<void> {
    syncing ??= exchange().finally(() => {
      syncing = null;
      if (isDirty || now() < attendUntil) schedule();
    });
    return syncing;
  }

  /** Side by side: what hangs on one side must not make the other old. */
  async function exchange() {
    const askedAt = now();
    isDirty = false;
    looking = reader.refresh().then(() => void (lookedAt = askedAt));
    const [wrote, read] = await Promise.allSettled([own.flush(), looking]);
    if (wrote.status === "rejected") isDirty = true;
    const failure = [wrote, read].find((result) => result.status === "rejected");
    if (failure && !broken)
      log.warn({ err: failure.reason }, "what is used was not exchanged with other nodes");
    if (!failure && broken) log.info({}, "what is used is exchanged with other nodes again");
    broken = failure !== undefined;
  }

  function hold(subject: string, change: number) {
    const amount = (heldHere.get(subject) ?? 0) + change;
    if (amount > 0) heldHere.set(subject, amount);
    else heldHere.delete(subject);
    own.running(subject, Math.max(0, amount));
    isDirty = true;
    attend();
  }

  const isFresh = () => now() - lookedAt <= MAX_LAG_MS;

  return {
    async fresh() {
      attend();
      if (isFresh()) return;
      void sync();
      await Promise.race([looking.catch(() => undefined), options.delay(PATIENCE_MS)]);
      if (isFresh()) return;
      throw new ExpectedError(
        "volume_unavailable",
        "The storage for conversations is not answering. Nothing that was sent before is lost; try again soon.",
      );
    },
    count(counted, subject, amount) {
      const key = tally.keyFor(counted, subject);
      tally.add(key, amount, clock());
      own.count(key, amount);
      isDirty = true;
      attend();
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
    async flush() {
      await sync();
      if (isDirty) await sync();
    },
  };
}
