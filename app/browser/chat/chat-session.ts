import type { PostMessageBody, SessionView } from "~/conversation/api";
import { attachmentParts, type AttachmentPart } from "~/conversation/attachment";
import { editSettings, type SettingsEdit } from "~/conversation/edit-session";
import type { ErrorCode } from "~/conversation/expected-error";
import { newId } from "~/conversation/session-id";
import { newestLeafUnder } from "~/conversation/versions";
import type { UserError } from "~/i18n/user-error";
import type { SessionApi } from "./api-client";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import { ApiError, userErrorOf } from "./api-error";
import { backoffMs } from "./backoff";
import {
  canSend,
  INITIAL_STATE,
  isReplyAwaited,
  leafOf,
  withAccepted,
  withEvents,
  withSession,
  type ChatState,
  type PendingMessage,
} from "./chat-state";
import type { Draft } from "~/browser/drafts/draft";
import type { LastSeen } from "~/browser/storage/last-seen";
import { createObservable, type Observable } from "~/browser/page/observable";
import { partsOf, type Outbox, type OutgoingMessage } from "~/browser/drafts/outbox";
import type { PageActivity } from "~/browser/page/page-activity";
import { createReplyWatch } from "./reply-watch";
import { createSessionFollower } from "./session-follower";
import { createSettingsSaver } from "./settings-saver";
import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import type { UnsavedSettings } from "./unsaved-settings";

/** A message that is refused for no longer goes out by itself; later its author may have changed their mind. */
const PATIENCE_MS = 120_000;

/** A node is older than the conversation. */
const NEWER: ErrorCode = "session_newer_format";

/** So often is a request tried that failed for a passing reason, before the person is asked. */
const TRIES = 4;

export type ChatSession = Observable<ChatState> & {
  draft: Draft;
  files: AttachmentDraft;
  edits: UnfinishedEdits;
  /** The bytes of a file in this conversation. */
  download: (part: AttachmentPart, signal?: AbortSignal) => Promise<Blob>;
  /** Opens the conversation; returns how to let go of it. */
  start: () => () => void;
  /** Another tab has changed the conversation, or somebody wants to try again now. */
  wake: () => void;
  /** What is in the composer. False where it cannot be sent now; then nothing has happened. */
  send: (text: string, modelId: string | null) => boolean;
  /** Something else, which leaves alone what is in the composer. False as for `send`. */
  suggest: (text: string, modelId: string | null) => boolean;
  /** Says something else in the place of a question. What was said there is kept as another version. */
  edit: (messageId: string, text: string, modelId: string | null) => boolean;
  /** Shows another version of a message, with what was said under it last. */
  showVersion: (messageId: string) => void;
  changeSettings: (settings: SettingsEdit) => void;
  trySendingAgain: () => void;
  /** Sends what waits in the outbox although the conversation is not open. */
  sendKept: () => void;
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
  /** Tells the person of something that went wrong with this conversation. */
  report: (error: unknown) => void;
  dismissProblem: () => void;
  /** The server lets this browser in again: what it has refused meanwhile is asked for again. */
  readmitted: () => void;
};

type Dependencies = {
  api: SessionApi;
  outbox: Outbox;
  lastSeen: LastSeen;
  draft: Draft;
  files: AttachmentDraft;
  edits: UnfinishedEdits;
  unsavedSettings: UnsavedSettings;
  page: PageActivity;
  random: () => number;
  /** Whether the server is known to have had the conversation: a new one it need not be asked for. */
  isSaved: () => boolean;
  /** The server has the conversation, as it is now. */
  onSaved: (session: Pick<SessionView, "title" | "updatedAt">) => void;
  /** A message is about to be sent: the conversation must not be forgotten from here on. */
  onSending: (message: Pick<OutgoingMessage, "text" | "files">) => void;
};

export function createChatSession(dependencies: Dependencies): ChatSession {
  const { api, outbox, lastSeen, draft, files, edits, unsavedSettings, page, random } = dependencies;
  const { isSaved, onSaved, onSending } = dependencies;
  const unsent = outbox.read();
  const state = createObservable<ChatState>({
    ...INITIAL_STATE,
    phase: isSaved() ? "loading" : "absent",
    pending: unsent && { ...unsent, state: "sending", error: null },
    pickedSettings: unsavedSettings.read(),
  });
  const now = state.getSnapshot;
  const patch = (change: Partial<ChatState>) => state.set({ ...now(), ...change });

  const follower = createSessionFollower(
    { api, page, random },
    {
      onSession(session) {
        const { pending } = now();
        state.set(withSession(now(), session));
        if (pending && !now().pending) outbox.clear(pending.id);
        if (!session) lastSeen.forget();
        else {
          if (isOpen && page.isVisible()) lastSeen.put(session);
          void settings.save();
          onSaved(session);
        }
      },
      onEvents: (events) => state.set(withEvents(now(), events)),
      onConnection(connection) {
        patch({ connection });
        if (connection !== "ok") return showKept();
        if (now().problem?.error.code === NEWER) patch({ problem: null });
        sendWhatWaits();
      },
      onRefused(error) {
        // It is refused again and again until another node is asked, and told of once.
        const isKnown = error.code === NEWER && now().problem?.error.code === NEWER;
        patch({
          ...(!now().session && { phase: "refused" }),
          ...(!isKnown && { problem: { error: userErrorOf(error), messageId: null } }),
        });
      },
      rev: () => now().session?.rev ?? 0,
      cursor() {
        const { live } = now();
        return live?.cursor ? `${live.replyId}.${live.cursor.epoch}.${live.cursor.seq}` : null;
      },
    },
  );

  const absence = createReplyWatch({
    refresh: () => (isSaved() ? follower.refresh() : Promise.resolve()),
    isAwaited: () => !isRemoved && isReplyAwaited(now()),
  });

  const settings = createSettingsSaver({
    unsaved: unsavedSettings,
    // A message on its way carries them too, perhaps older ones: it must not come in second.
    current: () => (isDelivering || now().isAsking ? undefined : now().session?.settings),
    save: (edit) => insist(() => api.patch({ settings: edit })),
    onChange(pickedSettings) {
      if (JSON.stringify(pickedSettings) !== JSON.stringify(now().pickedSettings)) patch({ pickedSettings });
    },
    onSaved(edit) {
      const { session, problem } = now();
      if (problem === unsavedProblem) patch({ problem: null });
      // The session that says so is on its way.
      if (session) patch({ session: { ...session, settings: editSettings(session.settings, edit) } });
    },
    onFailed(error) {
      report(error);
      unsavedProblem = now().problem;
    },
  });
  let unsavedProblem: ChatState["problem"] = null;

  let isOpen = false;
  let wasOpen = false;
  let isDelivering = false;
  let undelivered = 0;
  let isRemoved = false;

  function wake() {
    if (isOpen && isSaved()) follower.wake();
  }

  /** Better than nothing, while the server cannot be asked. */
  function showKept() {
    const kept = now().phase === "loading" ? lastSeen.read() : null;
    if (kept) state.set({ ...withSession(now(), kept), isKept: true });
  }

  /** Nobody looks: no connection is held, but it is noticed when the reply ends. */
  function letGo() {
    follower.stop();
    absence.start();
  }

  /** Every request carries the ids that make repeating it harmless, so one that may have failed is repeated. */
  async function insist<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        const isPassing = error instanceof ApiError && error.isPassing;
        if (!isPassing || tries === TRIES || isRemoved) throw error;
        await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, random)));
      }
    }
  }

  function post(body: PostMessageBody) {
    const edit = unsavedSettings.read();
    return insist(() => api.post(Object.keys(edit).length > 0 ? { ...body, settings: edit } : body));
  }

  function accepted(answer: { rev: number; replyId: string }, reply: Parameters<typeof withAccepted>[2]) {
    state.set(withAccepted({ ...now(), isAsking: false }, answer, reply));
    if (!isOpen) absence.start();
    else if ((now().session?.rev ?? 0) < answer.rev) follower.restart();
  }

  async function deliver(message: OutgoingMessage) {
    if (isDelivering) return;
    isDelivering = true;
    try {
      const answer = await post({
        message: { id: message.id, parts: partsOf(message) },
        parentId: message.parentId,
        ...(message.modelId !== null && { modelId: message.modelId }),
        replyMessageId: message.replyMessageId,
      });
      if (isRemoved) return;
      outbox.clear(message.id);
      undelivered = 0;
      setPending(message.id, { state: "accepted", error: null });
      accepted(answer, { messageId: message.replyMessageId, parentId: message.id });
      onSaved({ title: now().session?.title ?? "", updatedAt: new Date().toISOString() });
    } catch (error) {
      // Where nobody looks, it stays where it is, with what was said against it.
      const isTakenBack = isOpen && error instanceof ApiError && error.code === "reply_running";
      if (isTakenBack) takeBack(message, userErrorOf(error));
      else {
        const isWaiting = error instanceof ApiError && (error.isPassing || isSoonOver(error));
        setPending(message.id, { state: "failed", error: userErrorOf(error), isWaiting });
        // Another tab's message may have been kept in its place, and be gone.
        if (wasOpen && now().pending?.id === message.id && !outbox.read()) outbox.put(message);
        // Where nobody follows, nobody would hear that the server is back; nor that another node is asked.
        if (isWaiting && (error.code === NEWER || !(isOpen && isSaved()))) sendLater();
      }
      // It may have arrived all the same, and only the answer was lost.
      wake();
    } finally {
      isDelivering = false;
      void settings.save();
    }
  }

  /** It has its ids since it was written: however often it goes out, it is there once. */
  function isSoonOver({ retryAt }: ApiError): boolean {
    if (retryAt === null || retryAt - Date.now() > PATIENCE_MS) return false;
    setTimeout(sendWhatWaits, retryAt - Date.now() + 50);
    return true;
  }

  function sendLater() {
    setTimeout(sendWhatWaits, backoffMs(TRIES + ++undelivered, random));
  }

  function sendWhatWaits() {
    void settings.save();
    files.retryPassing();
    readKept();
    const { pending } = now();
    const isRefused = (pending?.error?.retryAt ?? 0) > Date.now();
    // Where nobody looks, another tab may have sent it, or taken it back into its composer.
    const isDue = isOpen || outbox.read()?.id === pending?.id;
    if (isDue && !isRemoved && pending?.isWaiting && !isRefused) trySendingAgain();
  }

  /** What was not written in this tab is whatever is kept now. */
  function readKept() {
    const { pending } = now();
    if (wasOpen || isDelivering || pending?.state === "accepted") return;
    const kept = outbox.read();
    if (kept?.id !== pending?.id) patch({ pending: kept && { ...kept, state: "sending", error: null } });
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

  function takeBack(message: OutgoingMessage, why: UserError | null) {
    outbox.clear(message.id);
    const typed = draft.getSnapshot();
    draft.set([message.text, typed].filter((text) => text.trim() !== "").join("\n\n"));
    files.takeBack(message.files);
    patch({ pending: null, problem: why === null ? null : { error: why, messageId: null } });
  }

  /** False where nothing can be sent now; then nothing has happened. */
  function say(
    text: string,
    attached: readonly AttachmentPart[],
    parentId: string | null,
    modelId: string | null,
  ): boolean {
    const isEmpty = text.trim() === "" && attached.length === 0;
    if (isEmpty || !canSend(now())) return false;
    const message: OutgoingMessage = {
      id: newId(),
      text,
      files: attached,
      parentId,
      modelId,
      replyMessageId: newId(),
    };
    outbox.put(message);
    onSending(message);
    patch({ pending: { ...message, state: "sending", error: null }, problem: null });
    void deliver(message);
    return true;
  }

  const find = (messageId: string) => now().session?.messages.find(({ id }) => id === messageId);

  async function ask(messageId: string, kind: "regenerate" | "continue", modelId: string | null) {
    const message = find(messageId);
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
      patch({ isAsking: false, problem: { error: userErrorOf(error), messageId: message.id } });
      wake();
    } finally {
      void settings.save();
    }
  }

  function report(error: unknown) {
    patch({ problem: { error: userErrorOf(error), messageId: null } });
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    draft,
    files,
    edits,
    download(part, signal) {
      const local = files.blob(part);
      return local ? Promise.resolve(local) : api.download(part, signal);
    },
    start() {
      readKept();
      isOpen = wasOpen = true;
      const unsubscribe = page.subscribe(() => {
        if (!page.isVisible()) return letGo();
        absence.stop();
        wake();
        sendWhatWaits();
      });
      const { pending } = now();
      absence.stop();
      if (!page.isOnline()) showKept();
      wake();
      if (pending?.state === "sending") void deliver(pending);
      else sendWhatWaits();
      return () => {
        isOpen = false;
        unsubscribe();
        letGo();
        if (now().pending?.isWaiting) sendLater();
        draft.flush();
      };
    },
    wake() {
      if (now().phase === "refused") patch({ phase: "loading", problem: null });
      wake();
    },
    send(text, modelId) {
      const attached = files.ready();
      if (!attached || !say(text, attached, leafOf(now()), modelId)) return false;
      draft.set("");
      files.clear();
      return true;
    },
    suggest: (text, modelId) => say(text, [], leafOf(now()), modelId),
    edit(messageId, text, modelId) {
      const message = find(messageId);
      if (message?.role !== "user") return false;
      // What was attached stays attached.
      if (!say(text, attachmentParts(message.parts), message.parentId, modelId)) return false;
      edits.put(messageId, null);
      return true;
    },
    showVersion(messageId) {
      const { session } = now();
      if (!session || !canSend(now())) return;
      const head = newestLeafUnder(session.messages, messageId);
      patch({ pickedHead: head });
      api.patch({ head }).then(
        () => {
          const { session: current } = now();
          // The session that says so is on its way; until then this is what it will say.
          if (current && now().pickedHead === head)
            patch({ session: { ...current, head }, pickedHead: null });
        },
        (error: unknown) => {
          if (now().pickedHead === head) patch({ pickedHead: null });
          report(error);
        },
      );
    },
    changeSettings: settings.change,
    trySendingAgain,
    sendKept() {
      if (isOpen) return;
      sendWhatWaits();
      const { pending } = now();
      if (pending?.state === "sending") void deliver(pending);
    },
    editUnsent() {
      const { pending } = now();
      if (pending?.state === "failed") takeBack(pending, null);
    },
    retry: (messageId, modelId) => void ask(messageId, "regenerate", modelId),
    continueReply: (messageId, modelId) => void ask(messageId, "continue", modelId),
    stop() {
      const { live, isStopping } = now();
      if (!live || isStopping) return;
      patch({ isStopping: true });
      api.stop(live.replyId).catch((error: unknown) => {
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
      follower.stop();
      absence.stop();
      const messages = now().session?.messages ?? [];
      const known = [
        ...messages.flatMap(({ parts }) => attachmentParts(parts)),
        ...files.getSnapshot().flatMap((file) => (file.state === "uploaded" ? [file.part] : [])),
      ];
      try {
        await api.remove();
      } catch (error) {
        wake();
        throw error;
      }
      isRemoved = true;
      lastSeen.forget();
      outbox.clear();
      draft.set("");
      files.clear();
      edits.clear();
      unsavedSettings.clear();
      await api.forgetFiles(known);
    },
    report,
    dismissProblem: () => patch({ problem: null }),
    readmitted() {
      const { phase, problem, pending } = now();
      if (problem?.error.code === "access_code_needed") {
        patch({ problem: null, phase: phase === "refused" ? "loading" : phase });
      }
      wake();
      void settings.retry();
      if (pending?.error?.code === "access_code_needed") trySendingAgain();
    },
  };
}
