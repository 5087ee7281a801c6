/** Watched silence of a membership log after which its node counts as dead, in milliseconds. */
export const DEAD_AFTER_MS = 10_000;

/** Begin and end of one poll, in milliseconds of this process's monotonic clock. Its result was true at some time between. */
export type PollTime = { askedAt: number; answeredAt: number };

/**
 * Decides which instances are dead, from the growth of their membership logs (app/store/PROTOCOL.md). It reads no clock
 * of another machine.
 *
 * Silence counts only as far as it was watched: each poll that finds nothing new adds the time since the poll before,
 * at most `creditMs`. While this process could not poll, because the volume was away or the process was frozen, the
 * other nodes may have been cut off just the same, so that time counts hardly at all.
 *
 * Death by silence or by a successor is a guess that growth overturns; a leave is final.
 */
export type FailureDetector = {
  /** Whether an instance, `name.boot`, is dead. One without a log is, once it was missing for `deadAfterMs`. */
  isDead(instance: string): boolean;
  /** Records the instances in a listing: all others were missing in this poll. */
  recordListing(present: ReadonlySet<string>, at: PollTime): void;
  /** Records that a log was read to its end. The first read of a log shows nothing about its growth: pass false. */
  recordRead(instance: string, grew: boolean, at: PollTime): void;
  /** Records that a new boot of `name` succeeds others. They are dead, except those that announced draining. */
  recordSuccessor(boots: readonly string[], name: string): void;
  recordDraining(instance: string): void;
  recordLeave(instance: string): void;
  /** The other instances that have a log and are not known to be dead. */
  living(): string[];
  /** How long the node has been known to be dead at `now`, in milliseconds; null while it is not. */
  deadFor(instance: string, now: number): number | null;
};

export type FailureDetectorOptions = {
  /** This node's own instance: never dead. */
  own: string;
  deadAfterMs?: number;
  /** Most silence that one poll counts, in milliseconds. */
  creditMs?: number;
  /** Instances without a membership log that are remembered. */
  maxAbsent?: number;
};

type Known = {
  silentMs: number;
  /** End of the silence counted so far, in milliseconds of `now`; null until the first poll. */
  countedTo: number | null;
  present: boolean;
  draining: boolean;
  succeeded: boolean;
  hasLeft: boolean;
  /** Time of the poll that first found it dead; null while it is alive. */
  deadSince: number | null;
};

export function createFailureDetector(options: FailureDetectorOptions): FailureDetector {
  const { own, deadAfterMs = DEAD_AFTER_MS, creditMs = DEAD_AFTER_MS / 4, maxAbsent = 1_000 } = options;
  const nodes = new Map<string, Known>();

  function know(instance: string): Known {
    let known = nodes.get(instance);
    if (!known) {
      known = {
        silentMs: 0,
        countedTo: null,
        present: false,
        draining: false,
        succeeded: false,
        hasLeft: false,
        deadSince: null,
      };
      nodes.set(instance, known);
      forgetOldest();
    }
    return known;
  }

  /** Instances come from files, so damaged files must not make the memory grow without bound. */
  function forgetOldest() {
    let absent = 0;
    for (const known of nodes.values()) if (!known.present) absent += 1;
    for (const [instance, known] of nodes) {
      if (absent <= maxAbsent) return;
      if (known.present) continue;
      nodes.delete(instance);
      absent -= 1;
    }
  }

  const isDead = (known: Known) =>
    known.hasLeft || (known.succeeded && !known.draining) || known.silentMs >= deadAfterMs;

  function countSilence(known: Known, { askedAt, answeredAt }: PollTime) {
    // A first poll shows only that nothing was new at its end.
    const from = known.countedTo ?? answeredAt;
    known.silentMs += Math.min(creditMs, Math.max(0, askedAt - from));
    known.countedTo = Math.max(askedAt, from);
  }

  function updateDeath(known: Known, { answeredAt }: PollTime) {
    known.deadSince = isDead(known) ? (known.deadSince ?? answeredAt) : null;
  }

  return {
    isDead: (instance) => instance !== own && isDead(know(instance)),

    recordListing(present, at) {
      for (const [instance, known] of nodes) {
        known.present = present.has(instance);
        if (!known.present) countSilence(known, at);
        updateDeath(known, at);
      }
    },

    recordRead(instance, grew, at) {
      const known = know(instance);
      known.present = true;
      if (grew) {
        known.silentMs = 0;
        known.succeeded = false;
        // It may have grown as late as the answer came.
        known.countedTo = at.answeredAt;
      } else {
        countSilence(known, at);
      }
      updateDeath(known, at);
    },

    recordSuccessor(boots, name) {
      for (const boot of boots) {
        const instance = `${name}.${boot}`;
        if (instance !== own) know(instance).succeeded = true;
      }
    },

    recordDraining: (instance) => void (know(instance).draining = true),
    recordLeave: (instance) => void (know(instance).hasLeft = true),

    living: () => [...nodes].filter(([, known]) => known.present && !isDead(known)).map(([name]) => name),

    deadFor(instance, now) {
      if (instance === own) return null;
      const known = nodes.get(instance);
      return known?.deadSince == null ? null : Math.max(0, now - known.deadSince);
    },
  };
}
