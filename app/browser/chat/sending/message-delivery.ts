import type { MessageAccepted, PostMessageBody } from "~/conversation/api";
import type { AttachmentPart } from "~/conversation/files/attachment";
import type { ErrorCode } from "~/conversation/expected-error";
import { newId } from "~/conversation/session/session-id";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { Draft } from "~/browser/drafts/draft";
import { partsOf, type Outbox, type OutgoingMessage } from "~/browser/drafts/outbox";
import type { PageClock } from "~/browser/page/page-clock";
import { ApiError, userErrorOf } from "~/browser/chat/api-error";
import { backoffMs } from "~/browser/chat/backoff";
import { canQueue, canSend } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import { createPendingMessage } from "./pending-message";
import type { SessionLifecycle } from "~/browser/chat/session-lifecycle";

/**
 * Longest wait for a limit, in milliseconds, after which a refused message is still sent automatically. After a longer
 * one its author may have changed their mind.
 */
const LONGEST_LIMIT_WAIT_MS = 120_000;

/** Added to the end of a limit, in milliseconds, so that rounding does not bring the message too early. */
const LIMIT_MARGIN_MS = 50;

/** Requests made for a message before a delivery counts as failed. */
export const REQUEST_ATTEMPTS = 4;

/** The node that answered is older than the session's stored format; another node may be able to read it. */
export const NEWER_FORMAT: ErrorCode = "session_newer_format";

/** Brings the message in the outbox to the server, and the pending message of the state in line with it. */
export type MessageDelivery = {
  /** A request for the message is under way. */
  isDelivering: () => boolean;
  /** Puts a new message into the outbox and sends it. False, without any effect, if nothing can be sent now. */
  submit: (message: NewMessage) => boolean;
  /** Sends a message that is in the outbox, unless a request is under way. */
  deliver: (message: OutgoingMessage) => void;
  /** Sends again a message that failed for a passing reason, unless a limit still refuses it. */
  sendDue: () => void;
  /** Sends again a message that failed for whatever reason. */
  resend: () => void;
  /** Retries in a while, with back-off. */
  sendLater: () => void;
  /** Until the session is first opened, shows the outbox as it is now: another tab writes to it. */
  readOutbox: () => void;
  /** Moves a message that failed back into the composer. */
  editUnsent: () => void;
};

type NewMessage = {
  text: string;
  files: readonly AttachmentPart[];
  parentId: string | null;
  modelId: string | null;
  /** Whether it may wait for the answer that is being written. */
  mayWait?: boolean;
};

type Dependencies = {
  store: ChatStore;
  lifecycle: SessionLifecycle;
  outbox: Outbox;
  draft: Draft;
  files: AttachmentDraft;
  clock: PageClock;
  random: () => number;
  /** Sends the message. Repeating it is harmless: the ids in the body identify it. */
  post: (body: PostMessageBody) => Promise<MessageAccepted>;
  /** Whether the session's event stream is followed, which reports when the server is back. */
  isFollowed: () => boolean;
  /** Called before a new message is sent for the first time. */
  onSending: (message: OutgoingMessage) => void;
  /** Called when the server has accepted the message. */
  onAccepted: (answer: MessageAccepted, message: OutgoingMessage) => void;
  /** Called after a failed delivery: the message may have arrived although its answer was lost. */
  onFailed: () => void;
  /** Called after each delivery, successful or not. */
  onEnd: () => void;
  /** Called before due messages are sent, when the network is back: other work may be due, too. */
  onDue: () => void;
};

export function createMessageDelivery(dependencies: Dependencies): MessageDelivery {
  const { store, lifecycle, outbox, clock, random, isFollowed } = dependencies;
  const pending = createPendingMessage(dependencies);
  let isDelivering = false;
  /** Scheduled retries since the last delivery that succeeded. */
  let retries = 0;

  async function deliver(message: OutgoingMessage) {
    if (isDelivering) return;
    isDelivering = true;
    try {
      const answer = await dependencies.post(postBody(message));
      if (lifecycle.isRemoved()) return;
      outbox.clear(message.id);
      retries = 0;
      // Where no answer was being written any more, it was sent at once.
      pending.update(message.id, { state: "accepted", error: null, queue: answer.queued });
      dependencies.onAccepted(answer, message);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : null;
      // While the session is not shown, the message stays in the outbox, with the error.
      const isTakenBack = lifecycle.isOpen() && (code === "reply_running" || code === "queue_full");
      if (isTakenBack) pending.takeBack(message, userErrorOf(error));
      else if (code === "message_removed") pending.drop(message.id);
      else keepFailed(message, error);
      dependencies.onFailed();
    } finally {
      isDelivering = false;
      dependencies.onEnd();
    }
  }

  function keepFailed(message: OutgoingMessage, error: unknown) {
    const { isWaiting, limitEndsInMs } = redeliveryOf(error, clock.now());
    if (limitEndsInMs !== null) clock.after(limitEndsInMs + LIMIT_MARGIN_MS, sendDue);
    pending.update(message.id, { state: "failed", error: userErrorOf(error), isWaiting });
    // Another tab's message may have replaced it in the outbox, and been delivered.
    if (lifecycle.wasOpen() && pending.read()?.id === message.id && !outbox.read()) outbox.put(message);
    // Without an event stream, no event says that the server is back; nor does one say that another node answers.
    const isNewerFormat = error instanceof ApiError && error.code === NEWER_FORMAT;
    if (isWaiting && (isNewerFormat || !isFollowed())) sendLater();
  }

  function sendLater() {
    clock.after(backoffMs(REQUEST_ATTEMPTS + ++retries, random), sendDue);
  }

  function sendDue() {
    dependencies.onDue();
    readOutbox();
    const message = pending.read();
    const isRefused = (message?.error?.retryAt ?? 0) > clock.now();
    // While the session is not shown, another tab may have sent the message, or moved it to its composer.
    const isDue = lifecycle.isOpen() || outbox.read()?.id === message?.id;
    if (isDue && !lifecycle.isRemoved() && message?.isWaiting && !isRefused) resend();
  }

  function readOutbox() {
    if (!lifecycle.wasOpen() && !isDelivering) pending.readOutbox();
  }

  function resend() {
    const message = pending.read();
    if (message?.state !== "failed" || isDelivering) return;
    pending.update(message.id, { state: "sending", error: null, isWaiting: false });
    void deliver(message);
  }

  return {
    isDelivering: () => isDelivering,
    submit({ text, files: attached, parentId, modelId, mayWait = false }) {
      const isEmpty = text.trim() === "" && attached.length === 0;
      const queue = mayWait && canQueue(store.getSnapshot());
      if (isEmpty || !(queue || canSend(store.getSnapshot()))) return false;
      const left = pending.showLeft();
      if (left) {
        void deliver(left);
        return false;
      }
      const ids = { id: newId(), replyMessageId: newId() };
      const message: OutgoingMessage = { ...ids, text, files: attached, parentId, modelId };
      if (queue) message.queue = true;
      outbox.put(message);
      dependencies.onSending(message);
      store.patch({ pending: { ...message, state: "sending", error: null }, problem: null });
      void deliver(message);
      return true;
    },
    deliver: (message) => void deliver(message),
    sendDue,
    resend,
    sendLater,
    readOutbox,
    editUnsent() {
      const message = pending.read();
      if (message?.state === "failed") pending.takeBack(message, null);
    },
  };
}

function postBody(message: OutgoingMessage): PostMessageBody {
  return {
    message: { id: message.id, parts: partsOf(message) },
    parentId: message.parentId,
    ...(message.modelId !== null && { modelId: message.modelId }),
    replyMessageId: message.replyMessageId,
    ...(message.queue && { queue: true as const }),
  };
}

/**
 * What follows from a failed delivery.
 *
 * `isWaiting`: the reason passes, so the message is sent again automatically. `limitEndsInMs`: the reason is a limit
 * that ends soon enough; null for any other reason.
 */
export function redeliveryOf(
  error: unknown,
  nowMs: number,
): { isWaiting: boolean; limitEndsInMs: number | null } {
  if (!(error instanceof ApiError)) return { isWaiting: false, limitEndsInMs: null };
  if (error.isPassing) return { isWaiting: true, limitEndsInMs: null };
  const waitMs = error.retryAt === null ? Infinity : error.retryAt - nowMs;
  return waitMs > LONGEST_LIMIT_WAIT_MS
    ? { isWaiting: false, limitEndsInMs: null }
    : { isWaiting: true, limitEndsInMs: waitMs };
}
