import type { PostMessageBody, SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session-id";
import type { Trouble } from "~/i18n/trouble";
import type { SessionApi } from "./api-client";
import { ApiError, troubleOf } from "./api-error";
import { backoffMs } from "./backoff";
import {
  canSend,
  INITIAL_STATE,
  leafOf,
  withAccepted,
  withEvents,
  withSession,
  type ChatState,
  type PendingMessage,
} from "./chat-state";
import type { Draft } from "./draft";
import { createObservable, type Observable } from "./observable";
import type { Outbox, OutgoingMessage } from "./outbox";
import type { PageActivity } from "./page-activity";
import { createSessionFollower } from "./session-follower";

/** So often is a request tried that failed for a passing reason, before the person is asked. */
const TRIES = 4;

export type ChatSession = Observable<ChatState> & {
  draft: Draft;
  /** Opens the conversation; returns how to let go of it. */
  start: () => () => void;
  /** Another tab has changed the conversation, or somebody wants to try again now. */
  wake: () => void;
  /** False where it cannot be sent now; then nothing has happened. */
  send: (text: string, modelId: string | null) => boolean;
  trySendingAgain: () => void;
  /** Takes back a message that could not be sent, into the composer. */
  editUnsent: () => void;
  /** Asks for another answer in the place of this one. */
  retry: (messageId: string, modelId: string | null) => void;
  /** Asks for the rest of an answer that was cut. */
  continueReply: (messageId: string, modelId: string | null) => void;
  stop: () => void;
  pickModel: (modelId: string) => void;
  /** Deletes the session on the server. */
  remove: () => Promise<void>;
  dismissProblem: () => void;
};

type Dependencies = {
  api: SessionApi;
  outbox: Outbox;
  draft: Draft;
  page: PageActivity;
  random: () => number;
  /** Whether the server is known to have had the conversation: a new one it need not be asked for. */
  isSaved: () => boolean;
  /** The server has the conversation, as it is now. */
  onSaved: (session: Pick<SessionView, "title" | "updatedAt">) => void;
  /** A message is about to be sent: the conversation must not be forgotten from here on. */
  onSending: (text: string) => void;
};

export function createChatSession(dependencies: Dependencies): ChatSession {
  const { api, outbox, draft, page, random, isSaved, onSaved, onSending } = dependencies;
  const unsent = outbox.read();
  const state = createObservable<ChatState>({
    ...INITIAL_STATE,
    phase: isSaved() ? "loading" : "absent",
    pending: unsent && { ...unsent, state: "sending", error: null },
  });
  const now = state.getSnapshot;
  const patch = (change: Partial<ChatState>) => state.set({ ...now(), ...change });

  const follower = createSessionFollower(
    { api, page, random },
    {
      onSession(session) {
        const { pending } = now();
        state.set(withSession(now(), session));
        if (pending && !now().pending) outbox.clear();
        if (session) onSaved(session);
      },
      onEvents: (events) => state.set(withEvents(now(), events)),
      onConnection(connection) {
        patch({ connection });
        if (connection === "ok") sendWhatWaits();
      },
      onRefused: (error) =>
        patch(
          now().session
            ? { problem: { trouble: troubleOf(error), messageId: null } }
            : { phase: "refused", problem: { trouble: troubleOf(error), messageId: null } },
        ),
      rev: () => now().session?.rev ?? 0,
      cursor() {
        const { live } = now();
        return live?.cursor ? `${live.replyId}.${live.cursor.epoch}.${live.cursor.seq}` : null;
      },
    },
  );

  let isOpen = false;
  let isDelivering = false;
  let isRemoved = false;

  function wake() {
    if (isOpen && isSaved()) follower.wake();
  }

  /** Every request carries the ids that make repeating it harmless, so one that may have failed is repeated. */
  async function post(body: PostMessageBody) {
    for (let tries = 1; ; tries++) {
      try {
        return await api.post(body);
      } catch (error) {
        const isPassing = error instanceof ApiError && error.isPassing;
        if (!isPassing || tries === TRIES || isRemoved) throw error;
        await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, random)));
      }
    }
  }

  function accepted(answer: { rev: number; replyId: string }, reply: Parameters<typeof withAccepted>[2]) {
    state.set(withAccepted({ ...now(), isAsking: false }, answer, reply));
    if (isOpen && (now().session?.rev ?? 0) < answer.rev) follower.restart();
  }

  async function deliver(message: OutgoingMessage) {
    if (isDelivering) return;
    isDelivering = true;
    try {
      const answer = await post({
        message: { id: message.id, parts: [{ type: "text", text: message.text }] },
        parentId: message.parentId,
        ...(message.modelId !== null && { modelId: message.modelId }),
        replyMessageId: message.replyMessageId,
      });
      if (isRemoved) return;
      outbox.clear();
      setPending(message.id, { state: "accepted", error: null });
      accepted(answer, { messageId: message.replyMessageId, parentId: message.id });
      onSaved({ title: now().session?.title ?? "", updatedAt: new Date().toISOString() });
    } catch (error) {
      if (error instanceof ApiError && error.code === "reply_running") takeBack(message, troubleOf(error));
      else {
        const isWaiting = error instanceof ApiError && error.isPassing;
        setPending(message.id, { state: "failed", error: troubleOf(error), isWaiting });
      }
      // It may have arrived all the same, and only the answer was lost.
      wake();
    } finally {
      isDelivering = false;
    }
  }

  /** It has its ids since it was written: however often it goes out, it is there once. */
  function sendWhatWaits() {
    if (isOpen && now().pending?.isWaiting) trySendingAgain();
  }

  function trySendingAgain() {
    const { pending } = now();
    if (pending?.state !== "failed" || isDelivering) return;
    setPending(pending.id, { state: "sending", error: null, isWaiting: false });
    void deliver(pending);
  }

  function setPending(id: string, change: Pick<PendingMessage, "state" | "error" | "isWaiting">) {
    const { pending } = now();
    if (pending?.id === id) patch({ pending: { ...pending, ...change } });
  }

  function takeBack(message: OutgoingMessage, why: Trouble | null) {
    outbox.clear();
    const typed = draft.getSnapshot();
    draft.set(typed.trim() === "" ? message.text : `${message.text}\n\n${typed}`);
    patch({ pending: null, problem: why === null ? null : { trouble: why, messageId: null } });
  }

  async function ask(messageId: string, kind: "regenerate" | "continue", modelId: string | null) {
    const message = now().session?.messages.find(({ id }) => id === messageId);
    if (!canSend(now()) || message?.role !== "assistant") return;
    patch({ isAsking: true, problem: null });
    const replyMessageId = newId();
    const common = { ...(modelId !== null && { modelId }), replyMessageId };
    try {
      const answer = await post(
        kind === "continue" ? { continue: message.id, ...common } : { regenerate: message.id, ...common },
      );
      accepted(answer, {
        messageId: replyMessageId,
        parentId: message.parentId,
        continues: kind === "continue" ? message : undefined,
      });
    } catch (error) {
      patch({ isAsking: false, problem: { trouble: troubleOf(error), messageId: message.id } });
      wake();
    }
  }

  function report(error: unknown) {
    patch({ problem: { trouble: troubleOf(error), messageId: null } });
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    draft,
    start() {
      isOpen = true;
      const unsubscribe = page.subscribe(() => {
        if (!page.isVisible()) return follower.rest();
        wake();
        sendWhatWaits();
      });
      const { pending } = now();
      wake();
      if (pending?.state === "sending") void deliver(pending);
      return () => {
        isOpen = false;
        unsubscribe();
        follower.rest();
        draft.flush();
      };
    },
    wake() {
      if (now().phase === "refused") patch({ phase: "loading", problem: null });
      wake();
    },
    send(text, modelId) {
      if (text.trim() === "" || !canSend(now())) return false;
      const message = { id: newId(), text, parentId: leafOf(now()), modelId, replyMessageId: newId() };
      outbox.put(message);
      onSending(text);
      draft.set("");
      patch({ pending: { ...message, state: "sending", error: null }, problem: null });
      void deliver(message);
      return true;
    },
    trySendingAgain,
    editUnsent() {
      const { pending } = now();
      if (pending?.state === "failed") takeBack(pending, null);
    },
    retry: (messageId, modelId) => void ask(messageId, "regenerate", modelId),
    continueReply: (messageId, modelId) => void ask(messageId, "continue", modelId),
    stop() {
      if (!now().live || now().isStopping) return;
      patch({ isStopping: true });
      api.stop().catch((error: unknown) => {
        patch({ isStopping: false });
        report(error);
      });
    },
    pickModel(modelId) {
      patch({ pickedModelId: modelId });
      if (now().session) api.patch({ settings: { modelId } }).catch(report);
    },
    async remove() {
      // What is still being read of it must not bring it back into the list.
      follower.rest();
      try {
        await api.remove();
      } catch (error) {
        wake();
        throw error;
      }
      isRemoved = true;
      outbox.clear();
      draft.set("");
    },
    dismissProblem: () => patch({ problem: null }),
  };
}
