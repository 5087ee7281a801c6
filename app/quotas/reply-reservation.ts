import type { CallEstimate } from "~/conversation/estimate-call";
import type { Spending } from "~/conversation/reply/reply-cost";
import type { Reservation } from "./daily-budget";

export type ReplyStart = {
  isNewSession: boolean;
  /** Bytes that the message adds to the stored session; none for a reply that is taken over. */
  bytes?: number;
  cost: () => CallEstimate;
  /** Lets a node that takes the reply over find the address that it was begun for. */
  replyId?: string;
  /**
   * `queued`: the message is stored and waits; it counts as a message now, and no reply runs. `resumed`: a message that was
   * counted then is sent, so that only its reply counts.
   */
  phase?: "queued" | "resumed";
};

/** The right to begin one reply: open, then acquired, then released or rolled back. */
export type ReplyReservation = {
  /**
   * Counts the reply, once it is certain that it is to begin. Without effect while it is acquired already for that phase.
   * @throws ExpectedError a refusal, with `retryAfterSeconds` in its details
   */
  acquire(start: ReplyStart): void;
  /**
   * Reserves the next request of the reply to its model, and releases what the one before has not spent.
   * @throws ExpectedError a refusal: the request must not be made
   */
  renew(cost: () => CallEstimate): void;
  /** Undoes `acquire`: no reply has begun after all. */
  rollback(): void;
  /** Records what the reply has spent since the last call. Works after `release` too: the title is made then. */
  record(spending: Spending): void;
  /** The reply has ended. */
  release(): void;
};

export type ReservationRules = {
  /** Checks the limits and holds part of the budget. @throws ExpectedError a refusal */
  reserve: (start: ReplyStart) => Reservation;
  /** Holds part of the budget for a further request of a reply. @throws ExpectedError a refusal */
  renew: (cost: () => CallEstimate) => Reservation;
  /** Counts a reply that begins (1), or takes it back (-1). */
  count: (start: ReplyStart, amount: 1 | -1) => void;
  /** Publishes the owner of the reply until the returned function is called. */
  own: (start: ReplyStart) => () => void;
  /** Called when a reply that was counted has ended. */
  onEnd: () => void;
};

export function createReplyReservation(rules: ReservationRules): ReplyReservation {
  /** Set while the reservation is acquired. */
  let acquired: ReplyStart | null = null;
  /** The part of the budget: kept after the end, for what the title spends. */
  let held: Reservation | null = null;
  let disown = () => {};

  function letGo() {
    held?.release();
    disown();
    disown = () => {};
  }

  function rollback() {
    if (!acquired) return;
    rules.count(acquired, -1);
    letGo();
    acquired = null;
  }

  return {
    acquire(start) {
      if (acquired && acquired.phase === start.phase) return;
      // A retry of the commit has found another state of the session.
      rollback();
      held = rules.reserve(start);
      rules.count(start, 1);
      acquired = start;
      if (start.phase !== "queued") disown = rules.own(start);
      else {
        held.release();
        held = null;
      }
    },
    renew(cost) {
      if (!acquired) return;
      held?.release();
      held = rules.renew(cost);
    },
    rollback,
    record: (spending) => held?.record(spending),
    release() {
      if (!acquired) return;
      const { phase } = acquired;
      acquired = null;
      if (phase === "queued") return;
      letGo();
      rules.onEnd();
    },
  };
}
