import type { Reply, Session } from "~/conversation/session/session";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { Timer } from "~/timer";
import type { JournalCleanup } from "./journals/journal-cleanup";
import type { LogEntry } from "./log/log-entry";
import { nameSession } from "./name-session";
import type { RunContext, RunnerDependencies } from "./run-context";
import { runReply, type Run, type RunOptions } from "./run-reply";

export type RunningRepliesDependencies = RunnerDependencies & {
  events: SessionEvents;
  timer: Timer;
  keys: Pick<EncryptionKeys, "keep">;
  cleanup: JournalCleanup;
  /** Aborted when the node drains: conversations are no longer given titles. */
  draining: AbortSignal;
  /** Called when a run has ended without settling its reply, which goes on somewhere, perhaps here. Must not reject. */
  onUnsettled: (sessionHash: string) => Promise<unknown>;
};

/**
 * The replies that this node runs: from before their commit (`reserve`) until their chunks are forgotten. A reply whose
 * runner is this instance, and which is not `isHere`, is orphaned.
 */
export type RunningReplies = {
  /** Marks a reply as this node's until `release`, while it is committed or taken over. */
  reserve(replyId: string): void;
  release(replyId: string): void;
  hasReserved(): boolean;
  /** The run of a reply at its epoch, also for a while after its end. */
  find(reply: Pick<Reply, "id" | "epoch">): Run | null;
  has(runId: string): boolean;
  isHere(reply: Pick<Reply, "id" | "epoch">): boolean;
  /** Runs a reply, perhaps while it is being committed. @returns the run, or that which runs already */
  run(
    sessionHash: string,
    session: Session,
    reply: Reply,
    options: RunOptions & Pick<RunContext["deps"], "reservation">,
  ): Run;
  /** Forgets a run whose question was not committed: another one may begin under the same id. */
  forget(run: Run): void;
  /** Number of runs that have not ended. */
  active(): number;
  stopAll(reason: Parameters<Run["stop"]>[0]): void;
  /** Resolves when all runs that exist now have ended. */
  allEnded(): Promise<unknown>;
};

export function createRunningReplies(deps: RunningRepliesDependencies): RunningReplies {
  const runs = new Map<string, Run>();
  const reserved = new Set<string>();
  let active = 0;

  const runId = ({ id, epoch }: Pick<Reply, "id" | "epoch">) => `${id}.${epoch}`;
  const find = (reply: Pick<Reply, "id" | "epoch">) => runs.get(runId(reply)) ?? null;

  function forget(started: Run) {
    const id = runId(started.reply);
    if (runs.get(id) === started) runs.delete(id);
  }

  const run: RunningReplies["run"] = (sessionHash, session, reply, { reservation, ...options }) => {
    const known = find(reply);
    if (known) return known;
    const { entry, committed } = options;
    const id = runId(reply);
    // The run goes on after the request that brought the key was answered.
    const releaseKey = deps.keys.keep(sessionHash);
    const started = runReply(sessionHash, session, reply, options, { ...deps, reservation });
    runs.set(id, started);
    active += 1;
    let unsubscribe = () => {};
    // Not before the commit: its own event says nothing new.
    void committed.then(
      () => (unsubscribe = followSession(sessionHash, started)),
      () => undefined,
    );
    if (reply.stopRequested) started.stop("stopped");
    void started.ended.then((ending) => {
      active -= 1;
      unsubscribe();
      // Followers of an unsettled reply must look for its next runner.
      if (ending !== "settled" && ending !== "followed") forget(started);
      if (ending === "cancelled") return releaseKey();
      if (ending === "settled" || ending === "waiting") entry.end();
      else if (ending === "followed") endOnceNextRuns(sessionHash, entry, { ...deps, find });
      else keepWords(sessionHash, entry, deps);
      const afterwards = Promise.all([
        (ending === "settled" || ending === "followed") &&
          nameSession(sessionHash, session, {
            ...deps,
            onSpending: reservation?.record,
            signal: deps.draining,
          }),
        (ending === "followed" || ending === "left") && deps.onUnsettled(sessionHash),
      ]);
      deps.cleanup.removeLater(sessionHash, reply, () => {
        runs.delete(id);
        // After the run is forgotten, so that a read of the session that is still under way has the key.
        void afterwards.then(releaseKey);
      });
    });
    return started;
  };

  const followSession = (sessionHash: string, started: Run) =>
    deps.events.subscribe(sessionHash, (news) => {
      if (news === null) started.stop("superseded");
      else started.checkOwnership();
    });

  return {
    reserve: (replyId) => void reserved.add(replyId),
    release: (replyId) => void reserved.delete(replyId),
    hasReserved: () => reserved.size > 0,
    find,
    has: (id) => runs.has(id),
    isHere: (reply) => find(reply) !== null || reserved.has(reply.id),
    run,
    forget,
    active: () => active,
    stopAll(reason) {
      for (const each of runs.values()) each.stop(reason);
    },
    allEnded: () => Promise.all([...runs.values()].map((each) => each.ended)),
  };
}

/** Time between two checks whether a reply that this node has left unsettled has settled elsewhere, in milliseconds. */
const KEPT_CHECK_MS = 10_000;

/**
 * Keeps the words of a reply in this node's log, after its run has ended without settling it: the next runner may have
 * committed its takeover, and not have read them yet.
 */
function keepWords(
  sessionHash: string,
  entry: LogEntry,
  { store, timer }: Pick<RunningRepliesDependencies, "store" | "timer">,
): void {
  entry.park();
  endOnce(
    entry,
    timer,
    async () => (await store.header(sessionHash))?.header.reply?.id !== entry.reply.replyId,
  );
}

/**
 * Keeps a settled reply in this node's log until the reply to the next message of the queue is in a log, too: if this
 * process ends in between, the node that buries the log finds the session by it.
 */
function endOnceNextRuns(
  sessionHash: string,
  entry: LogEntry,
  {
    store,
    timer,
    instance,
    find,
  }: Pick<RunningRepliesDependencies, "store" | "timer" | "instance"> & Pick<RunningReplies, "find">,
): void {
  endOnce(entry, timer, async () => {
    const reply = (await store.header(sessionHash))?.header.reply;
    return !reply || find(reply) !== null || (reply.node !== null && reply.node !== instance);
  });
}

/** Ends an entry of the log as soon as it is not needed. A session that cannot be read may still need it. */
function endOnce(entry: LogEntry, timer: Timer, isDone: () => Promise<boolean>): void {
  const checkLater = () => void timer(KEPT_CHECK_MS, () => void check().catch(checkLater));
  async function check() {
    if (await isDone()) entry.end();
    else checkLater();
  }
  checkLater();
}
