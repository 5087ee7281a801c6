import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Reply, Session } from "~/conversation/session/session";
import { sessionFingerprint } from "~/conversation/session/session-hash";
import type { SessionRecord } from "~/store/sessions/session-store";
import { createGeneration } from "./generate-reply";
import type { LogEntry } from "./log/log-entry";
import { createOwnershipWatch } from "./ownership-watch";
import { readIfNewer } from "./read-if-newer";
import { createOwnershipGuard } from "./reply-guard";
import { createReplyMeter } from "./reply-meter";
import { createReplyStream, type ReplyStream } from "./following/reply-stream";
import type { RunContext } from "./run-context";
import { settleRun } from "./settle-run";
import { createStopControl, type StopReason } from "./stop-control";

/**
 * How a run has ended. `followed`: settled, and the same commit has begun the reply to the next message of the queue.
 * `waiting`: all of it is stored, and a person must decide. `left`: it goes on elsewhere, or could not be stored. `cancelled`: its question was not committed.
 */
export type RunEnding = "settled" | "followed" | "waiting" | "left" | "cancelled";

/** A reply that runs on this node, or has just ended here. */
export type Run = {
  reply: Reply;
  stream: ReplyStream;
  /** Ends it: stored as `stopped`, left to another node, or dropped because another node runs it. */
  stop(reason: StopReason): void;
  /** Checks at once whether this node is still the runner, instead of at the next interval. */
  checkOwnership(): void;
  /** Resolves at its end. Followers of a settled reply were sent that. Never rejects. */
  ended: Promise<RunEnding>;
};

export type RunOptions = {
  /** The chunks of earlier runners of the reply; empty for the first runner. */
  said: readonly ReplyChunk[];
  /** The reply in this node's log. */
  entry: LogEntry;
  /**
   * The commit of the session with the reply. The model is asked meanwhile; nothing is shown or stored before it has
   * succeeded, and the run is cancelled where it has not.
   */
  committed: Promise<Pick<SessionRecord, "rev">>;
};

/**
 * Runs a reply to its end, detached from the request that asked for it: model, log, followers, settlement. Each chunk is
 * in this node's log, and this node is still the runner, before any follower is sent it (app/store/PROTOCOL.md,
 * invariants 6 and 8).
 * @param session the session with the reply
 */
export function runReply(
  sessionHash: string,
  session: Session,
  reply: Reply,
  { said, entry, committed }: RunOptions,
  deps: RunContext["deps"],
): Run {
  const stream = createReplyStream();
  const control = createStopControl();
  const about = {
    reply: reply.id,
    session: sessionFingerprint(sessionHash),
    epoch: reply.epoch,
    model: reply.modelId,
  };
  let committedRev = 0;
  let isCancelled = false;
  let isOver = false;
  const watch = createOwnershipWatch({
    guard: createOwnershipGuard(
      reply,
      () => committedRev,
      (rev) => readIfNewer(deps, sessionHash, rev),
    ),
    control,
    delay: deps.delay,
    onCheckFailure: (error) =>
      deps.log.warn({ ...about, err: error }, "the ownership check of a reply failed"),
  });
  const meter = createReplyMeter(sessionHash, reply, deps.now);
  const rev = committed.then((record) => (committedRev = record.rev));
  const context = {
    sessionHash,
    session,
    committed: rev,
    reply,
    said,
    entry,
    stream,
    control,
    watch,
    meter,
    about,
    deps,
  };
  const generation = createGeneration(context);

  function cancel() {
    isCancelled = true;
    control.stop("superseded");
    entry.end();
  }

  async function run(): Promise<RunEnding> {
    rev.then(() => watch.keepChecking(() => isOver), cancel);
    const outcome = await generation.run();
    isOver = true;
    const isWaiting = outcome === "waiting";
    const settled =
      outcome !== null && !isWaiting && !isCancelled && (await settleRun(context, generation, outcome));
    stream.end();
    if (isCancelled) return "cancelled";
    if (isWaiting) return "waiting";
    return settled || "left";
  }

  return {
    reply,
    stream,
    stop: control.stop,
    checkOwnership() {
      if (!isOver) void watch.check().catch(() => undefined);
    },
    ended: run(),
  };
}
