import type { MessageAccepted, QueuedView, ReplyView, SessionView } from "~/conversation/api";
import { branchTo } from "~/conversation/session/branch";
import type { SettingsEdit } from "~/conversation/session/edit-session";
import { answerParts, EMPTY_REPLY } from "~/conversation/reply/reply-text";
import type { Message } from "~/conversation/session/session";
import type { UserError } from "~/i18n/user-error";
import type { StreamEvent } from "./following/event-stream";
import { receiveChunk, liveReply, placed, type LiveReply } from "./following/live-reply";
import type { OutgoingMessage } from "~/browser/drafts/outbox";
import type { Connection } from "./connection-notice";

/** A message that is not in the session yet. */
export type PendingMessage = OutgoingMessage & {
  state: "sending" | "accepted" | "failed";
  /** Why it failed. */
  error: UserError | null;
  /** It failed for a passing reason, and is sent again automatically. */
  isWaiting?: boolean;
};

/** A change of the waiting messages by this tab, shown before the server has it. */
export type QueueChange = {
  apply: (queue: readonly QueuedView[]) => readonly QueuedView[];
  /** Whether the server has it: it is in every session that is read from now on. */
  isSaved: boolean;
};

/** The state of one open session. */
export type ChatState = {
  /** `absent`: the server has no such session. `refused`: it does not show the session; `problem` has the reason. */
  phase: "loading" | "ready" | "absent" | "refused";
  session: SessionView | null;
  pending: PendingMessage | null;
  live: LiveReply | null;
  connection: Connection;
  /** The session is a copy from this browser's storage: the server could not be reached yet. */
  isKept: boolean;
  /** The model picked in this tab, until the session has it. */
  pickedModelId: string | null;
  /** It is being saved: what is read meanwhile may be older. */
  isSavingModel: boolean;
  /** The leaf of the branch picked in this tab, until the session has it. */
  pickedHead: string | null;
  /** Settings changed in this tab, until the session has them. Each message carries them meanwhile. */
  pickedSettings: SettingsEdit;
  /** The preset picked for a session without messages. */
  pickedPresetId: string | null;
  /** In the order in which they were made. */
  queueChanges: readonly QueueChange[];
  /** A request for Retry or Continue is under way. */
  isAsking: boolean;
  /** The reply that this tab has asked to stop; null for none. */
  stoppingId: string | null;
  /** An error other than of the pending message; at a message, if it concerns one. */
  problem: { error: UserError; messageId: string | null } | null;
};

export const INITIAL_STATE: ChatState = {
  phase: "loading",
  session: null,
  pending: null,
  live: null,
  connection: "ok",
  isKept: false,
  pickedModelId: null,
  isSavingModel: false,
  pickedHead: null,
  pickedSettings: {},
  pickedPresetId: null,
  queueChanges: [],
  isAsking: false,
  stoppingId: null,
  problem: null,
};

/** The state after the session was read. @param view null if there is none */
export function withSession(state: ChatState, view: SessionView | null): ChatState {
  if (!view) {
    // An accepted message was deleted with its session. A message that is being sent may still begin the session.
    const pending = state.pending?.state === "accepted" ? null : state.pending;
    return {
      ...state,
      phase: "absent",
      session: null,
      isKept: false,
      pending,
      live: null,
      queueChanges: [],
    };
  }
  const session = keepKnownMessages(state.session, view);
  const isThere = (id: string) => session.messages.some((message) => message.id === id);
  const isQueued = (id: string) => session.queue?.some((message) => message.id === id) ?? false;
  const isDelivered = state.pending !== null && (isThere(state.pending.id) || isQueued(state.pending.id));
  const live = reconcile(state.live, session);
  const isModelSaved = !state.isSavingModel && state.pickedModelId === session.settings.modelId;
  return {
    ...state,
    phase: "ready",
    session,
    isKept: false,
    live,
    pending: isDelivered ? null : state.pending,
    pickedModelId: isModelSaved ? null : state.pickedModelId,
    pickedHead: isThere(state.pickedHead ?? "") ? state.pickedHead : null,
    queueChanges: state.queueChanges.filter(({ isSaved }) => !isSaved),
  };
}

/** The state after the server has taken a message, a Retry or a Continue. */
export function withAccepted(
  state: ChatState,
  { rev, replyId }: MessageAccepted,
  reply: { messageId: string; parentId: string; continues?: Message | undefined },
): ChatState {
  // The stream or the session may have arrived before the answer to the request.
  const isSettled = state.session?.messages.some(({ id }) => id === reply.messageId) ?? false;
  const isKnown = state.live?.replyId === replyId;
  const live =
    isSettled || isKnown
      ? state.live
      : liveReply({ id: replyId, ...reply }, rev, answerParts(reply.continues) ?? []);
  return { ...state, live };
}

/** The state after events of the stream. `session` and `done` change nothing here: the session is read again for them. */
export function withEvents(state: ChatState, events: readonly StreamEvent[]): ChatState {
  return events.reduce((before, event) => {
    if (event.type === "chunk") return withChunk(before, event);
    const isLive = event.type === "progress" && before.live?.replyId === event.replyId;
    return isLive ? { ...before, live: { ...before.live!, progress: event.progress } } : before;
  }, state);
}

function withChunk(state: ChatState, { cursor, chunk }: Extract<StreamEvent, { type: "chunk" }>): ChatState {
  const { session } = state;
  if (state.live?.replyId === cursor.replyId) {
    return { ...state, live: receiveChunk(state.live, cursor, chunk) };
  }
  // An unknown reply begins with `start`. Other chunks belong to a reply that has settled.
  if (chunk.type !== "start" || session?.messages.some(({ id }) => id === chunk.messageId)) return state;
  const live = liveReply(
    { id: cursor.replyId, messageId: chunk.messageId, parentId: null },
    (session?.rev ?? 0) + 1,
  );
  return { ...state, live: receiveChunk(live, cursor, chunk) };
}

function reconcile(live: LiveReply | null, session: SessionView): LiveReply | null {
  const { reply } = session;
  const continued = session.messages.find(({ id }) => id === reply?.continues);
  if (reply?.state === "waiting") return waitingReply(live, reply, session.rev);
  if (live && reply?.id === live.replyId) return placed(live, reply.parentId, answerParts(continued));
  if (live && session.rev < live.sinceRev) return live;
  return reply && liveReply(reply, session.rev, answerParts(continued));
}

/** A reply that waits for the person: all of it is in the session. */
function waitingReply(live: LiveReply | null, reply: ReplyView, rev: number): LiveReply {
  const known = live?.replyId === reply.id ? placed(live, reply.parentId) : liveReply(reply, rev);
  return { ...known, shown: { ...EMPTY_REPLY, parts: reply.message?.parts ?? known.shown.parts } };
}

/** Messages of a session change only in the calls of tools.  Known objects are kept, so that they are not drawn again. */
function keepKnownMessages(before: SessionView | null, view: SessionView): SessionView {
  if (!before) return view;
  const known = new Map(before.messages.map((message) => [message.id, message]));
  const keep = (message: Message): Message => {
    const kept = known.get(message.id);
    return kept && isSame(kept, message) ? kept : message;
  };
  return { ...view, messages: view.messages.map(keep) };
}

/** Whether no call of a tool was decided between two reads of a message. */
function isSame(one: Message, other: Message): boolean {
  return one.parts.every((part, index) => {
    const now = other.parts[index];
    return part.type !== "dynamic-tool" || (now?.type === "dynamic-tool" && now.state === part.state);
  });
}

/** The reply that has ended between two states, if any. A reply that a person has stopped does not count. */
export function endedReply(before: ChatState, after: ChatState): Message | undefined {
  if (!before.live || after.live) return undefined;
  const { messageId } = before.live;
  return after.session?.messages.find(
    (message) =>
      message.id === messageId && message.role === "assistant" && message.metadata.status !== "stopped",
  );
}

/** The reply that waits for a person now, and did not before, if any. */
export function askingReply(before: ChatState, after: ChatState): ReplyView | undefined {
  const reply = after.session?.reply;
  const isWaiting = (state: ChatState) => state.session?.reply?.state === "waiting";
  return reply && before.live && isWaiting(after) && !isWaiting(before) ? reply : undefined;
}

/** The newest answer of the session, or what stands in its place; null while it is being written. */
export function newestAnswer({ session }: ChatState): string | null {
  if (!session?.reply) return session?.head ?? null;
  return session.reply.state === "waiting" ? session.reply.messageId : null;
}

/** One message as it is shown: of the session, on its way, or being written. */
export type ShownMessage =
  | { kind: "settled"; message: Message }
  | { kind: "pending"; message: PendingMessage }
  | { kind: "live"; reply: LiveReply };

/** The messages as shown, in reading order. */
export function shownMessages(state: ChatState): ShownMessage[] {
  const { session, live } = state;
  // A message that waits is shown above the composer.
  const pending = state.pending?.queue ? null : state.pending;
  const messages = session?.messages ?? [];
  const isPlaced = live !== null && live.parentId !== null;
  const leaf = pending ? pending.parentId : isPlaced ? live.parentId : leafOf(state);
  const shown: ShownMessage[] = branchTo(messages, leaf).map((message) => ({ kind: "settled", message }));
  if (pending) shown.push({ kind: "pending", message: pending });
  if (isPlaced && (!pending || live.parentId === pending.id)) shown.push({ kind: "live", reply: live });
  return shown;
}

/** The message that the next one follows. */
export function leafOf(state: ChatState): string | null {
  return state.pickedHead ?? state.session?.head ?? null;
}

/** The messages that wait on the server, in their order, with the changes that are on their way. */
export function waitingOf({ session, queueChanges }: ChatState): readonly QueuedView[] {
  const waiting: readonly QueuedView[] = session?.queue ?? [];
  return queueChanges.reduce((queue, { apply }) => apply(queue), waiting);
}

/** The running reply is to stop. The next one, which may follow at once, is not. */
export function isStopping({ live, session, stoppingId }: ChatState): boolean {
  const { reply } = session ?? {};
  const isAsked = reply?.stopRequested === true && reply.id === live?.replyId;
  return live !== null && (isAsked || live.replyId === stoppingId);
}

/** Messages wait for an answer, or are on their way to. */
export function hasQueue(state: ChatState): boolean {
  return waitingOf(state).length > 0 || state.pending?.queue === true;
}

/** A reply is running, or a message is on its way that will start one. */
export function isReplyAwaited({ live, pending }: ChatState): boolean {
  return live !== null || (pending !== null && pending.state !== "failed");
}

/** The next message can be sent, to wait for the running reply. */
export function canQueue({ phase, session, pending, live }: ChatState): boolean {
  return phase === "ready" && session?.queue !== undefined && live !== null && !pending;
}

/** No message is on its way and no reply is running, so the next message can be sent. */
export function canSend({ phase, pending, live, isAsking }: ChatState): boolean {
  return (phase === "ready" || phase === "absent") && !pending && !live && !isAsking;
}
