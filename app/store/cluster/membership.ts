import { createNameClaim, NameTakenError } from "./claim-name";
import { createMembershipPoller, type Interest } from "./membership-poller";
import { createMembershipReader } from "./membership-reader";
import type { Layout } from "~/store/sessions/layout";
import { createMembershipLog } from "./membership-log";
import { createFailureDetector, DEAD_AFTER_MS } from "./failure-detector";
import { KEEP_DEAD_MS, sweepNodes } from "./sweep-nodes";
import type { Timer } from "~/store/volume/timer";
import type { Volume } from "~/store/volume/volume";

/** This node among the others: what it tells them, what they tell, and which of them are dead. */
export type Membership = {
  /**
   * Looks at the others, makes sure that the name is this node's alone, which takes ten seconds where an earlier
   * process of the name has not said that it ends, then begins to be heard. Resolves also where the volume is away
   * or hangs: it goes on by itself.
   */
  start(): Promise<void>;
  /** To be told to the others. Null: the session was removed. */
  announceChange(key: string, rev: number | null): void;
  /**
   * Whether a node and boot, `name.boot`, is gone. Never true of this one. To ask makes it known sooner: who asks
   * again after `DEAD_AFTER_MS` and a little has an answer, whether others are interested or not.
   */
  isDead(instance: string): boolean;
  /**
   * Makes news and deaths known sooner, until what it returns is called: within a second and some ten seconds
   * while there is interest in a reply, later with one in a session, much later without.
   */
  attend(interest: Interest): () => void;
  /** Whether the others have had no sign of life from here for so long that they may hold this node to be dead. */
  isUnheard(): boolean;
  /** Says that this node is finishing: a successor under its name does not make it dead. */
  announceDraining(): Promise<void>;
  /** The last word of this node. */
  leave(): Promise<void>;
};

export type MembershipOptions = {
  volume: Volume;
  layout: Layout;
  name: string;
  boot: string;
  startedAt: Date;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Whether the process of a boot is known to have ended. False where nothing is known. */
  isProcessGone: (boot: string) => boolean;
  /** Called when another process of this name lives. This one has told nothing and must end. */
  onNameTaken: (instance: string) => void;
  /** Another node has changed a session. */
  onSessionChange: (key: string, rev: number | null) => void;
  /** Changes of other nodes may have been lost: whatever is waited for is to be looked at. */
  onMissedChanges: () => void;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
};

/** How long the start waits for a volume that gives no answer, in milliseconds. */
const START_PATIENCE_MS = 2_500;

/** How long a node is of interest after somebody has asked for it, in milliseconds. */
const CURIOUS_MS = 2 * DEAD_AFTER_MS;

export function createMembership(options: MembershipOptions): Membership {
  const { volume, layout, name, boot, now, timer, random, log } = options;
  const own = `${name}.${boot}`;
  const failureDetector = createFailureDetector({ own });
  let drains = false;
  let left = false;
  let cancelSweep = () => {};

  const claim = createNameClaim({
    ...options,
    onWait: (instance) =>
      log.info({ instance }, "waiting for up to 10 s: an earlier process of this name may still run"),
  });

  const membershipLog = createMembershipLog({
    ...options,
    claim: { settle: orRefuse(claim.settle), confirm: orRefuse(claim.confirm) },
    onPredecessors: (boots) => failureDetector.recordSuccessor(boots, name),
    onFailure: (error) =>
      log.warn({ err: error }, "other nodes cannot hear this one: its membershipLog was not written"),
    onRecovery: () => log.info({}, "other nodes can hear this one again"),
  });

  const reader = createMembershipReader({
    volume,
    layout,
    own,
    ownSegment: membershipLog.segment,
    failureDetector: failureDetector,
    now,
    onSessionChange: options.onSessionChange,
    onMissedChanges: options.onMissedChanges,
    onOwnSegmentLost: membershipLog.segmentLost,
    onDuplicateName(instance) {
      // While this one drains it is its successor.
      if (!drains) log.error({ instance }, "another process has started under the name of this node");
    },
    onDamage: (event) => log.warn(event, "the membershipLog of a node is damaged"),
  });

  const poller = createMembershipPoller({
    poll: reader.poll,
    now,
    timer,
    onFailure: (error) =>
      log.warn({ err: error }, "this node cannot hear the others: their membershipLogs were not read"),
    onRecovery: () => log.info({}, "this node can hear the others again"),
  });

  function orRefuse<T>(attempt: () => Promise<T>): () => Promise<T> {
    return async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof NameTakenError) options.onNameTaken(error.instance);
        throw error;
      }
    };
  }

  let forget: (() => void) | null = null;

  function isDead(instance: string): boolean {
    const dead = failureDetector.isDead(instance);
    if (!dead && instance !== own && !left) {
      forget?.();
      const leave = poller.attend("reply");
      const cancel = timer(CURIOUS_MS, leave);
      forget = () => {
        cancel();
        leave();
      };
    }
    return dead;
  }

  /** Not all nodes at once, and none in step with another. */
  function scheduleSweep() {
    cancelSweep = timer(KEEP_DEAD_MS * (0.5 + random()), () => void sweep());
  }

  async function sweep() {
    try {
      await sweepNodes({ volume, layout, failureDetector, now });
    } catch (error) {
      log.warn({ err: error }, "the membershipLogs of dead nodes were not removed");
    }
    if (!left) scheduleSweep();
  }

  async function begin() {
    // For the first look of the first node there is.
    await volume.makeFolder(layout.nodes).catch(() => undefined);
    await poller.start();
    await membershipLog.start();
    scheduleSweep();
  }

  return {
    start() {
      const begun = begin();
      return new Promise((resolve) => {
        const cancel = timer(START_PATIENCE_MS, () => {
          if (!claim.isWatching()) resolve();
        });
        void begun.finally(() => {
          cancel();
          resolve();
        });
      });
    },
    announceChange: membershipLog.announceChange,
    isDead,
    attend: poller.attend,
    isUnheard() {
      const heardAt = membershipLog.lastAppendAt();
      return heardAt === null || now() - heardAt >= DEAD_AFTER_MS;
    },
    async announceDraining() {
      drains = true;
      await membershipLog.announceDraining();
    },
    async leave() {
      left = true;
      poller.stop();
      cancelSweep();
      await membershipLog.leave();
    },
  };
}
