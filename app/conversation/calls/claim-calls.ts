import type { Part, Reply, Session } from "../session/session";
import { isUndecided } from "./call-state";
import { foldCalls, knownCalls, toolParts } from "./fold-calls";
import type { KnownCall } from "./tool-part";

type Which = Pick<Reply, "id" | "epoch">;

/** A call that a commit is to claim for the runner, or to offer to the person. */
export type NewCall = { toolCallId: string; needsApproval: boolean };

/**
 * Claims calls of the running reply: from this commit on, their tools may be called once each, by the runner at this
 * epoch. Calls that need an approval are only made known, so that a decision finds them. Idempotent. Returns the same
 * session where the reply has another runner, or is to stop.
 */
export function claimCalls(session: Session, which: Which, calls: readonly NewCall[]): Session {
  const { reply, partial } = session;
  if (!partial || !isRunBy(reply, which) || reply.stopRequested) return session;
  const known = new Set(partial.calls.map(({ toolCallId }) => toolCallId));
  const added = calls.filter(({ toolCallId }) => !known.has(toolCallId));
  if (added.length === 0) return session;
  const claimed = added.map(({ toolCallId, needsApproval }): KnownCall => ({
    toolCallId,
    epoch: which.epoch,
    ...(needsApproval ? { state: "approval-requested", attempt: 0 } : { state: "running", attempt: 1 }),
  }));
  return { ...session, partial: { ...partial, calls: [...partial.calls, ...claimed] } };
}

export type Waiting = {
  session: Session;
  /**
   * `waiting`: the reply has no runner until a person decides. `decided`: decisions were committed meanwhile, and the
   * runner goes on with them. `superseded`: the runner is no longer one.
   */
  outcome: "waiting" | "decided" | "superseded";
};

/**
 * Ends the run of a reply whose calls wait for a person. Everything that it has said is in the session then, so that it
 * needs neither a log nor a runner.
 * @param parts of the whole reply, as its runner has them
 */
export function waitForDecisions(session: Session, which: Which, parts: readonly Part[]): Waiting {
  const { reply, partial } = session;
  if (isWaiting(reply) && reply.id === which.id && reply.epoch === which.epoch) {
    return { session, outcome: "waiting" };
  }
  if (!partial || !isRunBy(reply, which)) return { session, outcome: "superseded" };
  const folded = foldCalls(parts, partial.calls);
  const calls = toolParts(folded);
  // A stop settles the reply, and is the runner's to notice.
  const goesOn = calls.some(({ state }) => state === "running") || !calls.some(isUndecided);
  if (goesOn || reply.stopRequested) return { session, outcome: "decided" };
  const { progress: _, ...rest } = reply;
  return {
    session: {
      ...session,
      reply: { ...rest, state: "waiting", node: null, runners: [] },
      partial: { ...partial, parts: folded, calls: [] },
    },
    outcome: "waiting",
  };
}

/** Makes an instance (`name.boot`) the runner of a reply that has waited. `parts`: what it has said. */
export function resumeReply(session: Session, node: string, parts: readonly Part[]): Session {
  const { state: _, ...reply } = session.reply!;
  const epoch = reply.epoch + 1;
  return {
    ...session,
    reply: { ...reply, epoch, node, runners: [] },
    partial: { ...session.partial!, parts: [...parts], calls: knownCalls(parts, epoch), since: epoch },
  };
}

/** Whether a reply has no runner because it waits for a person. */
export function isWaiting(reply: Reply | null): reply is Reply & { state: "waiting" } {
  return reply?.state === "waiting";
}

function isRunBy(reply: Reply | null, { id, epoch }: Which): reply is Reply {
  return reply?.id === id && reply.epoch === epoch && !isWaiting(reply);
}
