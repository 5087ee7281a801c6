import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Spending } from "~/conversation/reply-cost";
import type { Reply } from "~/conversation/session";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionEvents } from "~/store/sessions/session-events";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { JournalCleanup } from "./journal-cleanup";
import { nameSession } from "./name-session";
import type { RunnerDependencies } from "./run-context";
import { runReply, type Run } from "./run-reply";

export type RunningRepliesDependencies = RunnerDependencies & {
  events: SessionEvents;
  keys: Pick<EncryptionKeys, "keep">;
  cleanup: JournalCleanup;
  /** Aborted when the node drains: conversations are no longer given titles. */
  draining: AbortSignal;
  /** Called when a run has ended without settling its reply, which goes on somewhere, perhaps here. */
  onUnsettled: (sessionHash: string, reply: Reply) => Promise<unknown>;
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
  /** Runs a committed reply; without effect where it runs already. */
  run(
    sessionHash: string,
    record: SessionRecord,
    reply: Reply,
    said: readonly ReplyChunk[],
    onSpending?: (spending: Spending) => void,
  ): void;
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

  const run: RunningReplies["run"] = (sessionHash, record, reply, said, onSpending) => {
    if (find(reply)) return;
    const id = runId(reply);
    // The run goes on after the request that brought the key was answered.
    const releaseKey = deps.keys.keep(sessionHash);
    const started = runReply(sessionHash, record, reply, said, { ...deps, onSpending });
    runs.set(id, started);
    active += 1;
    const unsubscribe = deps.events.subscribe(sessionHash, (news) => {
      if (news === null) started.stop("superseded");
      else started.checkOwnership();
    });
    if (reply.stopRequested) started.stop("stopped");
    void started.ended.then((settled) => {
      active -= 1;
      unsubscribe();
      const afterwards = settled
        ? nameSession(sessionHash, record.session, { ...deps, onSpending, signal: deps.draining })
        : deps.onUnsettled(sessionHash, reply);
      // Followers of an unsettled reply must look for its next runner.
      if (!settled) runs.delete(id);
      deps.cleanup.removeLater(sessionHash, reply, () => {
        runs.delete(id);
        // After the run is forgotten, so that a read of the session that is still under way has the key.
        void afterwards.then(releaseKey);
      });
    });
  };

  return {
    reserve: (replyId) => void reserved.add(replyId),
    release: (replyId) => void reserved.delete(replyId),
    hasReserved: () => reserved.size > 0,
    find,
    has: (id) => runs.has(id),
    isHere: (reply) => find(reply) !== null || reserved.has(reply.id),
    run,
    active: () => active,
    stopAll(reason) {
      for (const each of runs.values()) each.stop(reason);
    },
    allEnded: () => Promise.all([...runs.values()].map((each) => each.ended)),
  };
}
