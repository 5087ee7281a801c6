import { ExpectedError } from "~/conversation/expected-error";
import { exponentialBackoff } from "~/exponential-backoff";
import { queueOf } from "~/conversation/queue/message-queue";
import type { QueuedMessage, Session } from "~/conversation/session/session";
import { settleReply, type Settlement } from "~/conversation/reply/settle-reply";
import type { Change, SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { PAUSES, type Promotion } from "./promotions";

export type StoredSettlement = {
  record: SessionRecord | null;
  /** Whether the reply was still the one to settle. */
  isStored: boolean;
};

export type StoreSettlementOptions = {
  /** Whether the commit may use the reserve of a full volume. */
  fromReserve: boolean;
  /** Called with the store's error when the answer is stored without its words. */
  onRefused: (error: unknown) => void;
  /** Checks the waiting message that is to be sent in the commit of the settlement. */
  prepareNext: (item: QueuedMessage) => Promise<Promotion>;
};

/** Temporary failures of the store: a retry may succeed. */
const PASSING: ReadonlySet<string> = new Set(["volume_unavailable", "session_busy"]);

export function isPassing(error: unknown): error is ExpectedError {
  return ExpectedError.isInstance(error) && PASSING.has(error.code);
}

/** Back-off between attempts to commit the state of a reply, in milliseconds: doubles up to the longest. */
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/** Milliseconds to wait after this number of failed attempts to commit. */
export const commitBackoff = (failed: number): number =>
  exponentialBackoff(failed, FIRST_RETRY_MS, MAX_RETRY_MS);

/** Permanent failures that do not depend on the answer: nothing can be stored in the session. */
const OF_THE_SESSION: ReadonlySet<string> = new Set(["session_damaged", "session_newer_format"]);

/**
 * Stores how a reply ended. A settlement that the store refuses because of its content is stored without the answer: a
 * reply that cannot settle would be taken over and run again for ever, and its session could not be read meanwhile.
 * @throws the store's error, where the content is not its reason
 */
export async function storeSettlement(
  store: Pick<SessionStore, "update">,
  sessionHash: string,
  settlement: Settlement,
  options: StoreSettlementOptions,
): Promise<StoredSettlement> {
  try {
    return await update(store, sessionHash, settlement, options);
  } catch (error) {
    if (isPassing(error)) throw error;
    if (ExpectedError.isInstance(error) && OF_THE_SESSION.has(error.code)) throw error;
    options.onRefused(error);
    return update(store, sessionHash, withoutAnswer(settlement, error), options);
  }
}

async function update(
  store: Pick<SessionStore, "update">,
  sessionHash: string,
  settlement: Settlement,
  { fromReserve, prepareNext }: StoreSettlementOptions,
): Promise<StoredSettlement> {
  let promotion: Promotion | null = null;
  for (;;) {
    const settle: Change<Settled> = (session) => settleAndSendNext(session, settlement, promotion);
    let committed;
    try {
      committed = await store.update(sessionHash, settle, { asked: "reply", fromReserve });
    } catch (error) {
      promotion?.cancel();
      if (!promotion || promotion === PAUSES || isPassing(error)) throw error;
      promotion = PAUSES;
      continue;
    }
    const { record, result } = committed;
    if (typeof result === "boolean") {
      if (result && record) promotion?.confirm(record.session);
      else promotion?.cancel();
      return { record, isStored: result };
    }
    promotion?.cancel();
    promotion = await prepareNext(result.next).catch((error: unknown) => {
      if (isPassing(error)) throw error;
      return PAUSES;
    });
  }
}

/** Whether the settlement changes the session; or the waiting message that must be checked before. */
type Settled = boolean | { next: QueuedMessage };

function settleAndSendNext(
  session: Session | null,
  settlement: Settlement,
  promotion: Promotion | null,
): { session: Session | null; result: Settled } {
  const settled = session && settleReply(session, settlement);
  if (!settled || settled === session) return { session, result: false };
  const { pause, waiting } = queueOf(settled);
  const [next] = waiting;
  if (!next || pause) return { session: settled, result: true };
  if (!promotion?.isFor(settled)) return { session, result: { next } };
  return { session: promotion.sendOrPause(settled), result: true };
}

function withoutAnswer(
  { replyId, epoch, status, node, finishedAt }: Settlement,
  reason: unknown,
): Settlement {
  const { code, message } = ExpectedError.isInstance(reason)
    ? reason
    : { code: "internal_error", message: "The answer could not be stored. Try again." };
  return {
    replyId,
    epoch,
    status: status === "complete" ? "failed" : status,
    parts: [],
    node,
    finishedAt,
    error: { code, message },
  };
}
