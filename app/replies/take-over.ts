import { answerTooLong, hasRoomAfter } from "~/conversation/answer-bound";
import type { CallEstimate } from "~/conversation/estimate-call";
import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply-text";
import type { Reply, Session } from "~/conversation/session";
import { sessionFingerprint } from "~/conversation/session-id";
import { handOverReply, mayRun, takeOverReply } from "~/conversation/take-over-reply";
import { isNewerFormat } from "~/store/newer-format";
import type { Change, SessionRecord } from "~/store/sessions/session-store";
import { createEarlierWords, type EarlierWords } from "./earlier-words";
import type { ReplyReservation } from "./begin-reply";
import { reportReply, reportSettled } from "./reply-meter";
import { saidBefore } from "./reply-call";
import type { RunnerDependencies } from "./run-context";
import { isPassing, storeSettlement } from "./store-settlement";

/** What has become of an attempt to take a reply over. */
export type TakenOver =
  /** This node is to run it, going on from what was said. */
  | {
      kind: "ours";
      record: SessionRecord;
      reply: Reply;
      said: ReplyChunk[];
      reservation: ReplyReservation | null;
    }
  /** Another node was faster, the reply has settled, or the volume takes no commits at the moment. */
  | { kind: "not ours"; record: SessionRecord | null }
  /** With what was said: it may not, or cannot, be gone on with. */
  | { kind: "settled"; record: SessionRecord | null }
  /** This node's, but not run yet, for the volume has a fault: to be tried again, which costs no takeover. */
  | { kind: "unfinished"; record: SessionRecord; error: ExpectedError | null };

export type TakeOverDependencies = RunnerDependencies & {
  /** Leave to ask a model for the rest of the reply; null where none is needed. */
  adopt: (replyId: string) => Promise<ReplyReservation | null>;
  costOf: (session: Session, reply: Reply, said?: ReplyChunk[]) => CallEstimate;
};

type Ending = { status: "interrupted" | "stopped"; error?: { code: string; message: string } };

/**
 * Makes this node the runner of a reply whose own is gone, and reads what that one has said. A reply that may not be
 * gone on with is settled with that instead.
 * @throws ExpectedError `volume_unavailable` where what was said cannot be read, `session_newer_format` where a newer
 * version has written it; then nothing has begun
 */
export async function takeOver(
  key: string,
  record: SessionRecord,
  reply: Reply,
  deps: TakeOverDependencies,
): Promise<TakenOver> {
  const earlier = createEarlierWords(key, reply, deps);
  // Also before the commit: a volume that cannot be read must not use up the takeovers that a reply has.
  await earlier.read();
  let reservation: ReplyReservation | null;
  try {
    reservation = await deps.adopt(reply.id);
  } catch (error) {
    if (!isPassing(error)) throw error;
    // Nothing is spent blindly; but the conversation can be read.
    return { kind: "unfinished", record, error: null };
  }
  const { taken, isOurs } = await begin(key, record, reply, earlier, deps);
  const mine = taken?.session.reply;
  if (!taken || !mine || !isOurs) return { kind: "not ours", record: taken };
  let said: ReplyChunk[];
  try {
    // After the commit: no reader takes what the old runner appends from now on, and what it has shown
    // before was durable before.
    said = await earlier.read();
  } catch (error) {
    if (isNewerFormat(error)) {
      const handOver = (session: Session | null) => session && handOverReply(session, mine);
      await deps.store.update(key, (session) => ({ session: handOver(session), result: null }), {
        asked: "reply",
      });
      throw error;
    }
    if (!ExpectedError.isInstance(error)) throw error;
    return { kind: "unfinished", record: taken, error };
  }
  const ending = endingOf(mine, said) ?? refusalOf(reservation, taken, mine, said, deps);
  if (ending) return settleAsItIs(key, taken, mine, said, ending, deps);
  deps.log.warn(
    { reply: reply.id, session: sessionFingerprint(key), epoch: mine.epoch, from: reply.node },
    "took over the reply of another node",
  );
  deps.metrics.onReplyTakenOver();
  return { kind: "ours", record: taken, reply: mine, said, reservation };
}

/** How a reply ends that may cost nothing more; null where the reservation was taken, or none is needed. */
function refusalOf(
  reservation: ReplyReservation | null,
  { session }: SessionRecord,
  reply: Reply,
  said: readonly ReplyChunk[],
  { costOf }: TakeOverDependencies,
): Ending | null {
  // The model is not asked again.
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

async function begin(
  key: string,
  record: SessionRecord,
  reply: Reply,
  earlier: EarlierWords,
  deps: RunnerDependencies,
): Promise<{ taken: SessionRecord | null; isOurs: boolean }> {
  // It is this node's already, but was not begun: its words could not be read, or its commit was not confirmed. No
  // other process has this instance's name, and this one has shown nothing at this epoch.
  if (reply.node === deps.instance && !earlier.isBegun()) return { taken: record, isOurs: true };
  try {
    const takeover: Change<boolean> = (session) => {
      const changed = session && takeOverReply(session, reply, deps.instance);
      return { session: changed, result: changed !== session };
    };
    const { record: taken, result: isOurs } = await deps.store.update(key, takeover, { asked: "reply" });
    return { taken, isOurs };
  } catch (error) {
    if (!isPassing(error)) throw error;
    // On a volume that is full a conversation can be read all the same.
    deps.log.warn({ reply: reply.id, err: error }, "a reply could not be taken over for now");
    return { taken: record, isOurs: false };
  }
}

/** Whether the model had said all. */
function isWhole(said: readonly ReplyChunk[]): boolean {
  return said.some(({ type }) => type === "finish");
}

/** How a reply is to end that may not, or cannot, be gone on with; null where it is to be run. */
function endingOf(reply: Reply, said: readonly ReplyChunk[]): Ending | null {
  if (reply.stopRequested) return { status: "stopped" };
  if (!isWhole(said) && !hasRoomAfter(settledParts(said.reduce(applyChunk, EMPTY_REPLY)))) {
    const { code, message } = answerTooLong();
    return { status: "interrupted", error: { code, message } };
  }
  return mayRun(reply) ? null : { status: "interrupted" };
}

async function settleAsItIs(
  key: string,
  taken: SessionRecord,
  reply: Reply,
  salvaged: readonly ReplyChunk[],
  ending: Ending,
  deps: RunnerDependencies,
): Promise<TakenOver> {
  const about = { reply: reply.id, session: sessionFingerprint(key), epoch: reply.epoch };
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
    const { record, isStored } = await storeSettlement(deps.store, key, settlement, {
      fromReserve: ending.status === "stopped",
      onRefused: (refusal) =>
        deps.log.error({ ...about, err: refusal }, "an answer was refused, and is kept without its words"),
    });
    if (isStored) {
      deps.log.warn({ ...about, ...ending }, "a reply of another node was kept as it was");
      reportSettled(reportReply(key, reply, ending), deps);
    }
    return { kind: "settled", record };
  } catch (error) {
    if (!isPassing(error)) throw error;
    deps.log.warn({ ...about, err: error }, "a reply could not be settled for now");
    return { kind: "unfinished", record: taken, error: null };
  }
}
