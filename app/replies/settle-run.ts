import { lastChunk } from "~/conversation/reply/catch-up";
import type { AssistantMessage, Session } from "~/conversation/session/session";
import { handOverReply } from "~/conversation/reply/take-over-reply";
import type { Change } from "~/store/sessions/session-store";
import type { Generation } from "./generate-reply";
import { leaveNote } from "./log/log-folder";
import { reportSettled } from "./reply-meter";
import type { ReplyOutcome } from "./reply-outcome";
import type { RunContext } from "./run-context";
import { commitBackoff, isPassing, storeSettlement, type StoredSettlement } from "./store-settlement";

/**
 * Stores how a run ended, and sends the followers their last chunk.
 * @returns `followed` where the next message of the queue was sent with it; false where the reply goes on elsewhere, or
 * could not be stored
 */
export async function settleRun(
  context: RunContext,
  generation: Pick<Generation, "content">,
  outcome: ReplyOutcome,
): Promise<"settled" | "followed" | false> {
  const { control, stream, meter, about, deps } = context;
  const stored = await store(context, generation, outcome);
  const reason = control.reason();
  if (reason === "handed over" || reason === "superseded") {
    deps.log.info(about, `the reply was ${reason}`);
    return false;
  }
  if (!stored) return false;
  // After the commit: a follower that receives the end of the reply must find it in the session.
  stream.publish([lastChunk(stored.message)]);
  const { status, usage, error } = stored.message.metadata;
  reportSettled(meter.report({ status, usage, error }), deps);
  return stored.isFollowed ? "followed" : "settled";
}

/**
 * Retries while the volume is away, because the words are still in memory; ends when the reply is superseded, which
 * leaves nothing to store.
 * @returns the message that the reply has become, and whether another reply follows; null where it has not settled
 */
async function store(
  context: RunContext,
  generation: Pick<Generation, "content">,
  outcome: ReplyOutcome,
): Promise<{ message: AssistantMessage; isFollowed: boolean } | null> {
  const { control, about, deps } = context;
  for (let attempt = 0; control.reason() !== "superseded"; attempt++) {
    try {
      const { record, isStored } = await commit(context, generation, outcome);
      // The volume was away, and another runner has taken over meanwhile.
      if (!isStored) control.stop("superseded");
      const message = isStored ? settledMessage(context, record?.session) : null;
      return message && { message, isFollowed: record?.session.reply !== null };
    } catch (error) {
      const passing = isPassing(error);
      deps.log[passing ? "warn" : "error"]({ ...about, attempt, err: error }, "the reply was not stored");
      if (!passing) return null;
      const newReason = control.nextReason();
      await Promise.race([deps.delay(commitBackoff(attempt + 1)), newReason]);
    }
  }
  return null;
}

async function commit(
  context: RunContext,
  generation: Pick<Generation, "content">,
  { status, metadata, error, isCut }: ReplyOutcome,
): Promise<StoredSettlement> {
  const { sessionHash, reply, control, meter, about, deps } = context;
  if (control.reason() === "handed over") {
    const handOver: Change<boolean> = (now) => {
      const changed = now && handOverReply(now, reply);
      return { session: changed, result: changed !== now };
    };
    const { record, result } = await deps.store.update(sessionHash, handOver, { asked: "reply" });
    if (record && result) await leaveNoteForFollowers(context, record.rev);
    return { record, isStored: result };
  }
  const { parts, omissions } = generation.content();
  const settlement = {
    replyId: reply.id,
    epoch: reply.epoch,
    status: isCut && control.reason() === "stopped" ? "stopped" : status,
    parts,
    node: deps.node.name,
    finishedAt: deps.clock().toISOString(),
    ...meter.timeToFirstToken(),
    ...meter.reasoningTime(),
    ...metadata,
    omissions,
    ...(error && { error }),
  };
  return storeSettlement(deps.store, sessionHash, settlement, {
    fromReserve: control.reason() === "stopped",
    onRefused: (refusal) =>
      deps.log.error({ ...about, err: refusal }, "the store refused an answer: stored without its words"),
    prepareNext: (item) => deps.prepareNext(sessionHash, item, reply.id),
  });
}

/** Followers on other nodes would go on reading this node's log, which ends here: a note makes them read the session. */
async function leaveNoteForFollowers({ reply, about, deps }: RunContext, rev: number) {
  try {
    await leaveNote(deps, deps.instance, reply.id, rev);
  } catch (error) {
    deps.log.warn(
      { ...about, err: error },
      "followers on other nodes will learn late that a reply was handed over",
    );
  }
}

function settledMessage({ reply }: RunContext, now: Session | undefined): AssistantMessage | null {
  const message = now?.messages.find(({ id }) => id === reply.messageId);
  return message?.role === "assistant" ? message : null;
}
