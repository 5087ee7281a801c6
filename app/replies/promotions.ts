import { attachmentParts } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import type { QueuedMessage, Reply, Session } from "~/conversation/session/session";
import { sessionFingerprint } from "~/conversation/session/session-hash";
import { pauseQueue, waitingMessages } from "~/conversation/queue/message-queue";
import { startNext } from "~/conversation/reply/start-reply";
import { startContext, type BeginReplyDependencies, type ReplyReservation } from "./begin-reply";
import type { RunnerDependencies } from "./run-context";

/** The first waiting message of a session, checked and ready to be sent in the commit that settles the reply before it. */
export type Promotion = {
  /** Whether this message, as it was checked, is still the first one. */
  isFor(session: Session): boolean;
  /**
   * Sends the message. Pure but for the reservation, which a repeated call takes once.
   * @param session without a running reply
   * @throws ExpectedError what `startReply` and the reservation throw
   */
  send(session: Session): Session;
  /** The same, but pauses the queue with the reason where the message is refused. */
  sendOrPause(session: Session): Session;
  /** Called after the commit, with its session. Releases what the reply does not need. */
  confirm(session: Session): void;
  /** Called where nothing was committed. */
  cancel(): void;
};

export type Promotions = {
  /**
   * Checks the first waiting message.
   * @param reservation for its reply
   * @throws ExpectedError `volume_unavailable`
   */
  prepare(sessionHash: string, item: QueuedMessage, reservation: ReplyReservation | null): Promise<Promotion>;
  /** The reservation of a reply that was begun by a promotion here, once; null where there is none. */
  takeReservation(replyId: string): ReplyReservation | null;
};

export type PromotionDependencies = Pick<
  BeginReplyDependencies,
  "models" | "tools" | "attachments" | "instance" | "clock" | "costOf"
> &
  Pick<RunnerDependencies, "log"> & {
    /** Aborted when the node drains: another one is to run the reply. */
    draining: AbortSignal;
  };

export function createPromotions(deps: PromotionDependencies): Promotions {
  const { attachments, clock, costOf, instance, draining, log } = deps;
  /** By reply, from the commit until the reply is run. */
  const reservations = new Map<string, ReplyReservation>();

  async function lostFiles(sessionHash: string, { parts }: QueuedMessage): Promise<ExpectedError | null> {
    try {
      await attachments.hold(sessionHash, attachmentParts(parts));
      return null;
    } catch (error) {
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return error;
      throw error;
    }
  }

  return {
    async prepare(sessionHash, item, reservation) {
      const lost = await lostFiles(sessionHash, item);
      const now = clock().toISOString();

      function send(session: Session): Session {
        const context = {
          ...startContext(lost, deps),
          now,
          node: draining.aborted ? null : instance,
          isOffered: (modelId: string) => deps.models.offers.some(({ id }) => id === modelId),
        };
        const started = startNext(session, context);
        if (!started) return session;
        const cost = () => costOf(started.session, started.reply);
        reservation?.acquire({ isNewSession: false, cost, replyId: item.replyId });
        return started.session;
      }

      return {
        isFor: (session) => JSON.stringify(waitingMessages(session)[0]) === JSON.stringify(item),
        send,
        sendOrPause(session) {
          try {
            return send(session);
          } catch (error) {
            if (!ExpectedError.isInstance(error)) throw error;
            const { code, message } = error;
            log.info(
              { session: sessionFingerprint(sessionHash), code },
              "a waiting message was refused: its queue is paused",
            );
            return pauseQueue(session, { code, message });
          }
        },
        confirm({ reply }) {
          if (reservation && isBegunHere(reply, item, instance)) reservations.set(item.replyId, reservation);
          else reservation?.rollback();
        },
        cancel: () => reservation?.rollback(),
      };
    },
    takeReservation(replyId) {
      const reservation = reservations.get(replyId) ?? null;
      reservations.delete(replyId);
      return reservation;
    },
  };
}

/** In the place of a promotion that has failed unexpectedly: it must not cost the answer before it. */
export const PAUSES: Promotion = {
  isFor: () => true,
  send: (session) => pauseQueue(session, { code: "internal_error" }),
  sendOrPause: (session) => pauseQueue(session, { code: "internal_error" }),
  confirm: () => undefined,
  cancel: () => undefined,
};

const isBegunHere = (reply: Reply | null, { replyId }: QueuedMessage, instance: string) =>
  reply?.id === replyId && reply.node === instance;
