import { answerTooLong, hasRoomAfter } from "~/conversation/reply/answer-bound";
import type { CallEstimate } from "~/conversation/estimate-call";
import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply/reply-text";
import type { Reply, Session } from "~/conversation/session/session";
import { sessionFingerprint } from "~/conversation/session/session-hash";
import { handOverReply, mayRun, takeOverReply } from "~/conversation/reply/take-over-reply";
import { isNewerFormat } from "~/store/newer-format";
import type { Change, SessionRecord } from "~/store/sessions/session-store";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import { createEarlierWords, type EarlierWords } from "./earlier-words";
import type { LogEntry } from "./log/log-entry";
import type { ReplyReservation } from "./begin-reply";
import { reportReply, reportSettled } from "./reply-meter";
import { saidBefore } from "./reply-call";
import type { RunnerDependencies } from "./run-context";
import { isPassing, storeSettlement } from "./store-settlement";

/** Result of an attempt to take a reply over. */
export type TakenOver =
  /** This node is the runner, and goes on after the chunks of earlier runners. */
  | {
      kind: "ours";
      record: SessionRecord;
      reply: Reply;
      /** The reply in this node's log. */
      entry: LogEntry;
      said: ReplyChunk[];
      reservation: ReplyReservation | null;
    }
  /** Another node was faster, or the reply has settled. */
  | { kind: "not ours"; record: SessionRecord | null }
  /** Settled with the chunks of earlier runners: it may not, or cannot, go on. */
  | { kind: "settled"; record: SessionRecord | null }
  /**
   * Not running yet because of a fault of the volume, and perhaps this node's already. To be retried, which costs no further
   * takeover.
   */
  | { kind: "unfinished"; record: SessionRecord; error: ExpectedError | null };

export type TakeOverDependencies = RunnerDependencies & {
  /** Reserves quota for the rest of the reply; null where none is needed. */
  adopt: (replyId: string) => Promise<ReplyReservation | null>;
  costOf: (session: Session, reply: Reply, said?: ReplyChunk[]) => CallEstimate;
};

type Ending = { status: "interrupted" | "stopped"; error?: { code: string; message: string } };

/**
 * Makes this node the runner of an orphaned reply, and reads the chunks of earlier runners. A reply that may not go
 * on is settled with those chunks instead.
 * @throws ExpectedError `volume_unavailable` where the chunks cannot be read, `session_newer_format` where a newer
 * version has written them; the takeover has no effect then
 */
export async function takeOver(
  sessionHash: string,
  record: SessionRecord,
  reply: Reply,
  deps: TakeOverDependencies,
): Promise<TakenOver> {
  const earlier = createEarlierWords(sessionHash, reply, deps);
  // Also before the commit: an unreadable volume must not use up the takeovers that a reply has.
  const before = await earlier.read();
  let reservation: ReplyReservation | null;
  try {
    reservation = await deps.adopt(reply.id);
    await onVolume(deps.replyLog.ready, "written", failedSentence("reply"));
  } catch (error) {
    if (!isPassing(error)) throw error;
    // Usage is unknown, so nothing is spent; or the volume is full. But the session must stay readable.
    return { kind: "unfinished", record, error: null };
  }
  // This node may be the runner already, and not have begun: the chunks could not be read, or the commit was not
  // confirmed. No other process has this instance's name, and this one has shown nothing at this epoch. A run that could
  // not be written has begun: its words may yet come into the log.
  const hasBegun =
    earlier.isBegun() || deps.replyLog.has({ sessionHash, replyId: reply.id, epoch: reply.epoch });
  const isCommitted = reply.node === deps.instance && !hasBegun;
  const epoch = isCommitted ? reply.epoch : reply.epoch + 1;
  const logged = { sessionHash, replyId: reply.id, epoch };
  // This node has taken it over since the session was read. Another entry would hide the words of the first one.
  if (deps.replyLog.has(logged)) return { kind: "not ours", record };
  const entry = deps.replyLog.begin(logged);
  let taken: TakenOver | null = null;
  try {
    await entry.begun;
    const committed = isCommitted
      ? { taken: record, isOurs: true }
      : await commitTakeover(sessionHash, reply, textLength(before), deps);
    // A session on a full volume must stay readable.
    if (committed === null) return { kind: "unfinished", record, error: null };
    taken = await readAndBegin(sessionHash, reply, committed, { earlier, reservation, entry }, deps);
    return taken;
  } finally {
    if (taken?.kind !== "ours") entry.end();
  }
}

/** After the commit: the words of the earlier runners, and how the reply goes on. */
async function readAndBegin(
  sessionHash: string,
  reply: Reply,
  { taken, isOurs }: { taken: SessionRecord | null; isOurs: boolean },
  {
    earlier,
    reservation,
    entry,
  }: { earlier: EarlierWords; reservation: ReplyReservation | null; entry: LogEntry },
  deps: TakeOverDependencies,
): Promise<TakenOver> {
  const mine = taken?.session.reply;
  // Where the answer to the commit was lost, another node may have taken over since.
  if (!taken || mine?.epoch !== entry.reply.epoch || !isOurs) return { kind: "not ours", record: taken };
  let said: ReplyChunk[];
  try {
    // Again after the commit: no reader accepts chunks that the old runner appends from now on, and all that it has
    // shown was durable before.
    said = await earlier.readAfterTakeover(taken.rev);
  } catch (error) {
    if (isNewerFormat(error)) {
      const handOver = (session: Session | null) => session && handOverReply(session, mine);
      await deps.store.update(sessionHash, (session) => ({ session: handOver(session), result: null }), {
        asked: "reply",
      });
      throw error;
    }
    if (!ExpectedError.isInstance(error)) throw error;
    return { kind: "unfinished", record: taken, error };
  }
  const ending = endingOf(mine, said) ?? refusalOf(reservation, taken, mine, said, deps);
  if (ending) return settleAsItIs(sessionHash, taken, mine, said, ending, deps);
  if (mine.epoch > reply.epoch) {
    deps.log.warn(
      { reply: reply.id, session: sessionFingerprint(sessionHash), epoch: mine.epoch, from: reply.node },
      "took over the reply of another node",
    );
    deps.metrics.onReplyTakenOver();
  }
  return { kind: "ours", record: taken, reply: mine, entry, said, reservation };
}

/** The ending of a reply that the quota refuses; null where its reservation was acquired, or none is needed. */
function refusalOf(
  reservation: ReplyReservation | null,
  { session }: SessionRecord,
  reply: Reply,
  said: readonly ReplyChunk[],
  { costOf }: TakeOverDependencies,
): Ending | null {
  // The answer is complete: the model is not asked again.
  if (isWhole(said)) return null;
  try {
    const cost = () => costOf(session, reply, said.length > 0 ? [...said] : undefined);
    reservation?.acquire({ isNewSession: false, cost, replyId: reply.id });
    return null;
  } catch (error) {
    if (!ExpectedError.isInstance(error)) throw error;
    return { status: "interrupted", error: { code: error.code, message: error.message } };
  }
}

/** @returns null where the volume takes no commits at the moment */
async function commitTakeover(
  sessionHash: string,
  reply: Reply,
  length: number,
  deps: RunnerDependencies,
): Promise<{ taken: SessionRecord | null; isOurs: boolean } | null> {
  try {
    const takeover: Change<boolean> = (session) => {
      const changed = session && takeOverReply(session, reply, deps.instance, length);
      return { session: changed, result: changed !== session };
    };
    const { record: taken, result: isOurs } = await deps.store.update(sessionHash, takeover, {
      asked: "reply",
      fromReserve: reply.stopRequested,
    });
    return { taken, isOurs };
  } catch (error) {
    if (!isPassing(error)) throw error;
    deps.log.warn({ reply: reply.id, err: error }, "a reply could not be taken over for now");
    return null;
  }
}

function textLength(chunks: readonly ReplyChunk[]): number {
  return chunks.reduce((length, chunk) => length + ("delta" in chunk ? chunk.delta.length : 0), 0);
}

/** Whether the answer is complete. */
function isWhole(said: readonly ReplyChunk[]): boolean {
  return said.some(({ type }) => type === "finish");
}

/** The ending of a reply that may not, or cannot, go on; null where it is to be run. */
function endingOf(reply: Reply, said: readonly ReplyChunk[]): Ending | null {
  if (reply.stopRequested) return { status: "stopped" };
  if (isWhole(said)) return null;
  if (!hasRoomAfter(settledParts(said.reduce(applyChunk, EMPTY_REPLY)))) {
    const { code, message } = answerTooLong();
    return { status: "interrupted", error: { code, message } };
  }
  return mayRun(reply) ? null : { status: "interrupted" };
}

async function settleAsItIs(
  sessionHash: string,
  taken: SessionRecord,
  reply: Reply,
  salvaged: readonly ReplyChunk[],
  ending: Ending,
  deps: RunnerDependencies,
): Promise<TakenOver> {
  const about = { reply: reply.id, session: sessionFingerprint(sessionHash), epoch: reply.epoch };
  const said = salvaged.length > 0 ? salvaged : saidBefore(taken.session, reply);
  const settlement = {
    replyId: reply.id,
    epoch: reply.epoch,
    ...ending,
    parts: settledParts(said.reduce(applyChunk, EMPTY_REPLY)),
    node: deps.node.name,
    finishedAt: deps.clock().toISOString(),
  };
  try {
    const { record, isStored } = await storeSettlement(deps.store, sessionHash, settlement, {
      fromReserve: ending.status === "stopped",
      onRefused: (refusal) =>
        deps.log.error({ ...about, err: refusal }, "the store refused an answer: stored without its words"),
      prepareNext: (item) => deps.prepareNext(sessionHash, item, reply.id),
    });
    if (isStored) {
      deps.log.warn({ ...about, ...ending }, "a reply of another node was settled as it was");
      reportSettled(reportReply(sessionHash, reply, ending), deps);
    }
    return { kind: "settled", record };
  } catch (error) {
    if (!isPassing(error)) throw error;
    deps.log.warn({ ...about, err: error }, "a reply could not be settled for now");
    return { kind: "unfinished", record: taken, error: null };
  }
}
