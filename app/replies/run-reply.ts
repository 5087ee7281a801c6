import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { sessionFingerprint } from "~/conversation/session-id";
import type { SessionRecord } from "~/store/sessions/session-store";
import { createGeneration } from "./generate-reply";
import { createOwnershipWatch } from "./ownership-watch";
import { readIfNewer } from "./read-if-newer";
import { createOwnershipGuard } from "./reply-guard";
import { createReplyMeter } from "./reply-meter";
import { createReplyStream, type ReplyStream } from "./reply-stream";
import type { RunContext } from "./run-context";
import { settleRun } from "./settle-run";
import { createStopControl, type StopReason } from "./stop-control";

/** A reply that runs on this node, or has just ended here. */
export type Run = {
  reply: Reply;
  stream: ReplyStream;
  /** Ends it: stored as `stopped`, left to another node, or dropped because another node runs it. */
  stop(reason: StopReason): void;
  /** Checks at once whether this node is still the runner, instead of at the next interval. */
  checkOwnership(): void;
  /** Resolves at its end with whether it has settled and its followers were sent that. Never rejects. */
  ended: Promise<boolean>;
};

/**
 * Runs a reply to its end, detached from the request that asked for it: model, journal, followers, settlement. Each
 * chunk is in the journal, and this node is still the runner, before any follower is sent it
 * (app/store/PROTOCOL.md, invariants 6 and 8).
 * @param record the session that was committed with the reply
 * @param said the chunks of earlier runners of the reply; empty for the first runner
 */
export function runReply(
  sessionHash: string,
  record: SessionRecord,
  reply: Reply,
  said: readonly ReplyChunk[],
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
  const watch = createOwnershipWatch({
    guard: createOwnershipGuard(reply, record.rev, (rev) => readIfNewer(deps, sessionHash, rev)),
    control,
    now: deps.now,
    delay: deps.delay,
    onCheckFailure: (error) =>
      deps.log.warn({ ...about, err: error }, "the ownership check of a reply failed"),
  });
  const meter = createReplyMeter(sessionHash, reply, deps.now);
  const { session } = record;
  const context = { sessionHash, session, reply, said, stream, control, watch, meter, about, deps };
  const generation = createGeneration(context);
  let isOver = false;

  async function run() {
    void watch.keepChecking(() => isOver);
    const outcome = await generation.run();
    isOver = true;
    const settled = outcome !== null && (await settleRun(context, generation, outcome));
    stream.end();
    return settled;
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
