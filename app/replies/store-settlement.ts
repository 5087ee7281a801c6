import { ExpectedError } from "~/conversation/expected-error";
import { settleReply, type Settlement } from "~/conversation/settle-reply";
import type { Change, SessionRecord, SessionStore } from "~/store/sessions/session-store";

export type StoredSettlement = {
  record: SessionRecord | null;
  /** Whether the reply was still the one to settle. */
  isStored: boolean;
};

export type StoreSettlementOptions = {
  /** Whether the commit may use the reserve of a full volume. */
  fromReserve: boolean;
  /** Called with the reason where the answer is left out. */
  onRefused: (error: unknown) => void;
};

/** Failures of the store that pass, with nothing for a person to do. */
const PASSING: ReadonlySet<string> = new Set(["volume_unavailable", "session_busy"]);

export function isPassing(error: unknown): error is ExpectedError {
  return ExpectedError.isInstance(error) && PASSING.has(error.code);
}

/** Failures that are no answer's fault, and stay: nothing can be stored in the session. */
const OF_THE_SESSION: ReadonlySet<string> = new Set(["session_damaged", "session_newer_format"]);

/**
 * Stores how a reply ended. A settlement that the store refuses for what is in it is stored without the answer: a
 * reply that could not settle would be taken over and run again for ever, and its session not be readable meanwhile.
 * @throws what the store throws for other reasons
 */
export async function storeSettlement(
  store: Pick<SessionStore, "update">,
  key: string,
  settlement: Settlement,
  { fromReserve, onRefused }: StoreSettlementOptions,
): Promise<StoredSettlement> {
  try {
    return await update(store, key, settlement, fromReserve);
  } catch (error) {
    if (isPassing(error)) throw error;
    if (ExpectedError.isInstance(error) && OF_THE_SESSION.has(error.code)) throw error;
    onRefused(error);
    return update(store, key, withoutAnswer(settlement, error), fromReserve);
  }
}

async function update(
  store: Pick<SessionStore, "update">,
  key: string,
  settlement: Settlement,
  fromReserve: boolean,
): Promise<StoredSettlement> {
  const settle: Change<boolean> = (session) => {
    const settled = session && settleReply(session, settlement);
    return { session: settled, result: settled !== session };
  };
  const { record, result } = await store.update(key, settle, { asked: "reply", fromReserve });
  return { record, isStored: result };
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
