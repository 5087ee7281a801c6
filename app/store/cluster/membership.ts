import { createNameClaim, NameTakenError, type NameClaim } from "./claim-name";
import { createMembershipPoller, type Interest, type MembershipPoller } from "./membership-poller";
import { createMembershipReader, type MembershipReaderOptions } from "./membership-reader";
import type { Layout } from "~/store/documents/layout";
import { createMembershipLog } from "./membership-log";
import { createFailureDetector, DEAD_AFTER_MS } from "./failure-detector";
import { createNodesSweeper, sweepNodes } from "./sweep-nodes";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";

/** This node's part in the cluster: its membership log, the logs of the others, and which nodes are dead. */
export type Membership = {
  /**
   * Reads the logs of the others, claims the name of this node, then begins its membership log. The claim takes ten
   * seconds where an earlier process of the name has not announced its end. Resolves also where the volume is away or
   * hangs: the start then continues in the background.
   */
  start(): Promise<void>;
  /** Announces a revision of a session to the other nodes. Null: the session was removed. */
  announceChange(sessionHash: string, rev: number | null): void;
  /**
   * Whether an instance, `name.boot`, is dead. Never true of this one. Each call also makes this node poll fast for a
   * while, so that a second call after `DEAD_AFTER_MS` and a second is decisive.
   */
  isDead(instance: string): boolean;
  /** Whether an instance is known to be dead. Unlike `isDead`, it does not make this node poll faster. */
  hasDied(instance: string): boolean;
  /** The instances that are known to live, this one included. */
  living(): string[];
  /**
   * Polls the other logs more often until the returned function is called. With interest in a reply, changes are seen
   * within a second and deaths within about ten; with interest in a session, within five more; without, within 30.
   */
  attend(interest: Interest): () => void;
  /** Announces that this node ends: a successor under its name does not make it dead. */
  announceDraining(): Promise<void>;
  /** Appends the last line of this node's log. */
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
  /** Called when another process of this name lives. This one has announced nothing and must end. */
  onNameTaken: (instance: string) => void;
  /** Called when another node has changed a session (null: removed it). */
  onSessionChange: (sessionHash: string, rev: number | null) => void;
  /** Called when changes of other nodes may have been lost: every session with a follower must be read again. */
  onMissedChanges: () => void;
  /** Called with false when an append to this node's log has failed, and with true when one succeeds again. */
  onLogState?: (isWritten: boolean) => void;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
};

/** How long the start waits for a volume that gives no answer, in milliseconds. */
const START_PATIENCE_MS = 2_500;

/** How long `isDead` keeps the fast polls going, in milliseconds: two rounds of failure detection. */
const INTEREST_MS = 2 * DEAD_AFTER_MS;

export function createMembership(options: MembershipOptions): Membership {
  const { volume, layout, name, boot, now, timer, random, log } = options;
  const own = `${name}.${boot}`;
  const failureDetector = createFailureDetector({ own });
  const claim = createNameClaim({
    ...options,
    onWait: (instance) =>
      log.info({ instance }, "waiting for up to 10 s: an earlier process of this name may still run"),
  });
  const membershipLog = createLog(options, claim, (boots) => failureDetector.recordSuccessor(boots, name));
  let isDraining = false;
  let hasLeft = false;

  const poller = createPoller(options, {
    own,
    ownSegment: membershipLog.segment,
    onOwnSegmentLost: membershipLog.segmentLost,
    failureDetector,
    onDuplicateName(instance) {
      // While this node drains, the other process is its successor.
      if (!isDraining) log.error({ instance }, "another process has started under the name of this node");
    },
  });
  const holdInterest = createInterestHold(poller, timer);
  const sweeper = createNodesSweeper({
    sweep: () => sweepNodes({ volume, layout, failureDetector, now }),
    timer,
    random,
    onFailure: (error) => log.warn({ err: error }, "sweep of the membership logs of dead nodes failed"),
  });

  async function begin() {
    // The first node of a new volume finds no folder to list.
    await volume.makeFolder(layout.nodes).catch(() => undefined);
    await poller.start();
    await membershipLog.start();
    sweeper.start();
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
    isDead(instance) {
      const isDead = failureDetector.isDead(instance);
      if (!isDead && instance !== own && !hasLeft) holdInterest();
      return isDead;
    },
    hasDied: failureDetector.isDead,
    living: () => [own, ...failureDetector.living()],
    attend: poller.attend,
    async announceDraining() {
      isDraining = true;
      await membershipLog.announceDraining();
    },
    async leave() {
      hasLeft = true;
      poller.stop();
      sweeper.stop();
      await membershipLog.leave();
    },
  };
}

/** The membership log of this node, whose first segment waits for the claim of its name. */
function createLog(options: MembershipOptions, claim: NameClaim, onPredecessors: (boots: string[]) => void) {
  const { log } = options;
  const reportTaken = async <T>(attempt: () => Promise<T>): Promise<T> => {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof NameTakenError) options.onNameTaken(error.instance);
      throw error;
    }
  };
  return createMembershipLog({
    ...options,
    claim: { settle: () => reportTaken(claim.settle), confirm: () => reportTaken(claim.confirm) },
    onPredecessors,
    onFailure: (error) => {
      options.onLogState?.(false);
      log.warn({ err: error }, "membership log append failed: other nodes may take this one for dead");
    },
    onRecovery: () => {
      options.onLogState?.(true);
      log.info({}, "membership log append succeeded again");
    },
  });
}

/** Polls the membership logs of the other nodes. */
function createPoller(
  { volume, layout, now, timer, log, onSessionChange, onMissedChanges }: MembershipOptions,
  reading: Pick<
    MembershipReaderOptions,
    "own" | "ownSegment" | "onOwnSegmentLost" | "failureDetector" | "onDuplicateName"
  >,
) {
  const { poll } = createMembershipReader({
    ...reading,
    volume,
    layout,
    now,
    onSessionChange,
    onMissedChanges,
    onDamage: (event) => log.warn(event, "a membership log is damaged"),
  });
  return createMembershipPoller({
    poll,
    now,
    timer,
    onFailure: (error) => log.warn({ err: error }, "reading the membership logs of other nodes failed"),
    onRecovery: () => log.info({}, "reading the membership logs of other nodes succeeded again"),
  });
}

/** @returns a function that keeps the poller interested in replies for `INTEREST_MS` after its last call */
function createInterestHold(poller: MembershipPoller, timer: Timer): () => void {
  let end: (() => void) | null = null;
  return () => {
    end?.();
    const leave = poller.attend("reply");
    const cancel = timer(INTEREST_MS, leave);
    end = () => {
      cancel();
      leave();
    };
  };
}
