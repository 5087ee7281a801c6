/** How long a membership log does not grow until its node is taken for dead, in milliseconds. */
export const DEAD_AFTER_MS = 10_000;

/** One look at the volume, in milliseconds of this process's monotonic clock: what was seen was so in between. */
export type PollTime = { askedAt: number; answeredAt: number };

/**
 * Which nodes are dead, from what this process has seen of their membership logs. No clock of another machine is asked.
 *
 * A membership log's silence counts only as far as it was watched: each look that found nothing new adds the time since
 * the look before, and never more than `creditMs`. Whoever could not look, because the volume was away or the
 * process was frozen, has learnt next to nothing in that time: the others may have been just as cut off.
 *
 * Dead by silence or by succession is a judgement, and growth overturns it; after goodbye nothing comes.
 */
export type FailureDetector = {
  /** Whether a node and boot, `name.boot`, is gone. One that was never seen is, once it was missed for long. */
  isDead(instance: string): boolean;
  /** The membership logs that a listing had: all others were missed in this look. */
  recordListing(present: ReadonlySet<string>, at: PollTime): void;
  /** A membership log was read to its end. The first sight of a membership log tells nothing about its growth. */
  recordRead(instance: string, grew: boolean, look: PollTime): void;
  /** A boot has started under the name of others. Does not make those dead that said that they are draining. */
  recordSuccessor(boots: readonly string[], name: string): void;
  recordDraining(instance: string): void;
  recordLeave(instance: string): void;
  /** How long the node has been known to be dead at `now`, in milliseconds; null while it is not. */
  deadFor(instance: string, now: number): number | null;
};

export type FailureDetectorOptions = {
  /** This node and boot: never dead to itself. */
  own: string;
  deadAfterMs?: number;
  /** The most that one look without news counts for. */
  creditMs?: number;
  /** How many nodes that have no membership log are remembered. */
  maxAbsent?: number;
};

type Known = {
  silentMs: number;
  /** Up to when its silence has been counted; null until it was looked for. */
  countedTo: number | null;
  present: boolean;
  draining: boolean;
  succeeded: boolean;
  goodbye: boolean;
  /** When a look first found it dead. */
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
        goodbye: false,
        deadSince: null,
      };
      nodes.set(instance, known);
      forgetOldest();
    }
    return known;
  }

  /** Ids of nodes stand in files, so that damage must not make the memory grow without bound. */
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

  const dead = (known: Known) =>
    known.goodbye || (known.succeeded && !known.draining) || known.silentMs >= deadAfterMs;

  function silent(known: Known, { askedAt, answeredAt }: PollTime) {
    // What was seen first may have come as late as the answer.
    const from = known.countedTo ?? answeredAt;
    known.silentMs += Math.min(creditMs, Math.max(0, askedAt - from));
    known.countedTo = Math.max(askedAt, from);
  }

  function judge(known: Known, { answeredAt }: PollTime) {
    known.deadSince = dead(known) ? (known.deadSince ?? answeredAt) : null;
  }

  return {
    isDead: (instance) => instance !== own && dead(know(instance)),

    recordListing(present, look) {
      for (const [instance, known] of nodes) {
        known.present = present.has(instance);
        if (!known.present) silent(known, look);
        judge(known, look);
      }
    },

    recordRead(instance, grew, look) {
      const known = know(instance);
      known.present = true;
      if (grew) {
        known.silentMs = 0;
        known.succeeded = false;
        // It may have grown as late as the answer came.
        known.countedTo = look.answeredAt;
      } else {
        silent(known, look);
      }
      judge(known, look);
    },

    recordSuccessor(boots, name) {
      for (const boot of boots) {
        const instance = `${name}.${boot}`;
        if (instance !== own) know(instance).succeeded = true;
      }
    },

    recordDraining: (instance) => void (know(instance).draining = true),
    recordLeave: (instance) => void (know(instance).goodbye = true),

    deadFor(instance, now) {
      if (instance === own) return null;
      const known = nodes.get(instance);
      return known?.deadSince == null ? null : Math.max(0, now - known.deadSince);
    },
  };
}
