import type { MessageAccepted, PatchSessionBody, PostMessageBody, SessionView } from "~/conversation/api";
import { attachmentParts, type AttachmentPart } from "~/conversation/files/attachment";
import type { SettingsEdit } from "~/conversation/session/edit-session";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { Draft } from "~/browser/drafts/draft";
import type { Outbox, OutgoingMessage } from "~/browser/drafts/outbox";
import { PRESET, type UnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import type { Observable } from "~/browser/page/observable";
import type { PageActivity } from "~/browser/page/page-activity";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import type { LastSeen } from "~/browser/storage/last-seen";
import type { SessionApi } from "./session-api";
import { withRetries } from "./backoff";
import { INITIAL_STATE, isReplyAwaited, leafOf, withAccepted, type ChatState } from "./chat-state";
import { createChatStore, type ChatStore } from "./chat-store";
import { createFollowerEvents, showLastSeen } from "./following/follower-events";
import { createMessageDelivery, REQUEST_ATTEMPTS, type MessageDelivery } from "./sending/message-delivery";
import type { RequestContext } from "./sending/request-context";
import { stopReply } from "./sending/stop-reply";
import { createReplyWatch, type ReplyWatch } from "./following/reply-watch";
import { createSessionChoices, type SessionChoices } from "./sending/session-choices";
import { createSessionFollower, type SessionFollower } from "./following/session-follower";
import { createSessionLifecycle, type SessionLifecycle } from "./session-lifecycle";
import type { UnsavedSettings } from "./sending/unsaved-settings";

/**
 * One session of this browser as the page uses it: its state, and everything that can be done with it. It lives as
 * long as the page, also while the page shows another session.
 */
export type ChatSession = Observable<ChatState> & {
  draft: Draft;
  files: AttachmentDraft;
  edits: UnfinishedEdits;
  /** The bytes of a file of this session. */
  download: (part: AttachmentPart, signal?: AbortSignal) => Promise<Blob>;
  /** Shows the session and follows it, until the returned function is called. */
  start: () => () => void;
  /** Reads the session again at once: another tab has changed it, or the person asks to. */
  wake: () => void;
  /**
   * Sends the text and the files of the composer, to wait while an answer is being written. False, without any effect, if
   * nothing can be sent now.
   */
  send: (text: string, modelId: string | null) => boolean;
  /** Sends another text and leaves the composer as it is. False as for `send`. */
  suggest: (text: string, modelId: string | null) => boolean;
  /** Sends a new version of a question; the earlier versions are kept. */
  edit: (messageId: string, text: string, modelId: string | null) => boolean;
  changeSettings: (settings: SettingsEdit) => void;
  /** Sends again a message that failed. */
  trySendingAgain: () => void;
  /** Sends the message in the outbox although the session is not shown. */
  sendKept: () => void;
  /** Moves a message that could not be sent back into the composer. */
  editUnsent: () => void;
  stop: () => void;
  pickModel: (modelId: string) => void;
  /** Begins a session without messages with these settings, in place of those that were picked before. */
  pickPreset: (presetId: string | null, settings: SettingsEdit) => void;
  /** For requests whose code is loaded when there are messages. */
  requests: RequestContext;
  /** Deletes the session on the server. Rejects if the server refuses or cannot be reached. */
  remove: () => Promise<void>;
  /** Shows an error that concerns this session. */
  report: (error: unknown) => void;
  dismissProblem: () => void;
  /** To be called when the access code was accepted: repeats the requests that were refused for lack of it. */
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
  clock: PageClock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** The settings of a new session that were not picked for it. */
  defaultSettings: () => SettingsEdit;
  /** Whether the server deletes the session when the tab is closed. */
  isTemporary: boolean;
  /** Whether the server is known to have, or to have had, the session. A new session is not asked for. */
  isSaved: () => boolean;
  /** Called when the server has the session, as read or as just changed. */
  onSaved: (session: Pick<SessionView, "title" | "updatedAt">) => void;
  /** Called before a new message is sent: from here on the list must keep the session. */
  onSending: (message: Pick<OutgoingMessage, "text" | "files">) => void;
};

/** The parts of an open session. Each owns its own mutable state. */
type Parts = {
  store: ChatStore;
  lifecycle: SessionLifecycle;
  follower: SessionFollower;
  absence: ReplyWatch;
  delivery: MessageDelivery;
  replying: RequestContext["replying"];
  choices: SessionChoices;
  patch: SessionApi["patch"];
  readAgain: () => void;
};

export function createChatSession(dependencies: Dependencies): ChatSession {
  const { api, draft, files, edits } = dependencies;
  const parts = createParts(dependencies);
  const { store, delivery, choices, patch, readAgain, replying } = parts;
  const refresh = () => refreshOpen(parts, dependencies);

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    draft,
    files,
    edits,
    download(part, signal) {
      const local = files.blob(part);
      return local ? Promise.resolve(local) : api.download(part, signal);
    },
    start: () => openSession(parts, dependencies),
    wake() {
      if (store.getSnapshot().phase === "refused") store.patch({ phase: "loading", problem: null });
      refresh();
    },
    send(text, modelId) {
      const attached = files.ready();
      const parentId = leafOf(store.getSnapshot());
      const message = { text, files: attached ?? [], parentId, modelId, mayWait: true };
      if (!attached || !delivery.submit(message)) return false;
      draft.clear();
      files.clear();
      return true;
    },
    suggest: (text, modelId) =>
      delivery.submit({ text, files: [], parentId: leafOf(store.getSnapshot()), modelId }),
    edit(messageId, text, modelId) {
      const message = store.getSnapshot().session?.messages.find(({ id }) => id === messageId);
      if (message?.role !== "user") return false;
      // The edited message keeps its attachments.
      const attached = attachmentParts(message.parts);
      if (!delivery.submit({ text, files: attached, parentId: message.parentId, modelId })) return false;
      edits.put(messageId, null);
      return true;
    },
    changeSettings: choices.settings.change,
    trySendingAgain: delivery.resend,
    sendKept() {
      if (parts.lifecycle.isOpen()) return;
      delivery.sendDue();
      const { pending } = store.getSnapshot();
      if (pending?.state === "sending") delivery.deliver(pending);
    },
    editUnsent: delivery.editUnsent,
    stop: () => stopReply(store, api),
    pickModel: choices.pickModel,
    pickPreset(presetId, settings) {
      edits.put(PRESET, presetId);
      store.patch({ pickedPresetId: presetId, pickedModelId: null });
      choices.settings.replace(settings);
    },
    requests: {
      ...{ store, api, draft, edits, patch, readAgain, replying },
      retrying: retryingRequests(parts, dependencies),
    },
    remove: () => removeSession(parts, dependencies),
    report: store.report,
    dismissProblem: () => store.patch({ problem: null }),
    readmitted() {
      const { phase, problem, pending } = store.getSnapshot();
      if (problem?.error.code === "access_code_needed") {
        store.patch({ problem: null, phase: phase === "refused" ? "loading" : phase });
      }
      refresh();
      void choices.settings.retry();
      if (pending?.error?.code === "access_code_needed") delivery.resend();
    },
  };
}

function createParts(dependencies: Dependencies): Parts {
  const { api, outbox, lastSeen, draft, files, unsavedSettings, page, random, clock } = dependencies;
  const { isSaved, onSaved, onSending } = dependencies;
  const lifecycle = createSessionLifecycle();
  const store = createChatStore(initialState(dependencies));
  const saveSettings = () => void choices.settings.save();
  const refresh = () => refreshOpen({ lifecycle, follower }, dependencies);

  const retrying = retryingRequests({ lifecycle }, dependencies);

  let lastPatch: Promise<unknown> = Promise.resolve();
  /** One after another: of two that overtake each other, the older one stays. */
  function patch(body: PatchSessionBody): Promise<void> {
    const answer = lastPatch.then(() => api.patch(body));
    lastPatch = answer.catch(() => undefined);
    return answer;
  }

  /**
   * Each message carries the settings that the session does not have yet, and the first one the default settings, too. A
   * version that is being saved is saved before it, for it would hide the message.
   */
  async function post(body: PostMessageBody) {
    if (store.getSnapshot().pickedHead !== null) await lastPatch;
    const isFirst = !isSaved() && "message" in body && body.parentId === null;
    const settings = { ...(isFirst && dependencies.defaultSettings()), ...unsavedSettings.read() };
    const marked = isFirst && dependencies.isTemporary ? { ...body, temporary: true as const } : body;
    return retrying(() => api.post(Object.keys(settings).length > 0 ? { ...marked, settings } : marked));
  }

  /** After an answer, for what is being read now may be older. A session that is not shown gets no connection. */
  function readAgain() {
    if (lifecycle.isOpen()) follower.restart();
    else absence.start();
  }

  function onAccepted(answer: MessageAccepted, reply: Parameters<typeof withAccepted>[2]) {
    store.set(withAccepted({ ...store.getSnapshot(), isAsking: false }, answer, reply));
    const isRead = (store.getSnapshot().session?.rev ?? 0) >= answer.rev;
    if (!isRead || !lifecycle.isOpen()) readAgain();
  }

  const delivery = createMessageDelivery({
    ...{ store, lifecycle, outbox, draft, files, clock, random, post, onSending },
    isFollowed: () => lifecycle.isOpen() && isSaved(),
    onAccepted(answer, message) {
      if (answer.queued) readAgain();
      else onAccepted(answer, { messageId: message.replyMessageId, parentId: message.id });
      onSaved({ title: store.getSnapshot().session?.title ?? "", updatedAt: timestamp(clock) });
    },
    onFailed: refresh,
    onEnd: saveSettings,
    onDue() {
      saveSettings();
      files.retryPassing();
    },
  });
  const choices = createSessionChoices({
    ...{ store, patch, readAgain, unsavedSettings, isDelivering: delivery.isDelivering },
    saveSettings: (settings) => retrying(() => patch({ settings })),
  });
  const replying = { post, onAccepted, onFailed: refresh, onEnd: saveSettings };
  const events = createFollowerEvents({
    ...{ store, outbox, lastSeen },
    isShown: () => lifecycle.isOpen() && page.isVisible(),
    onSession(session) {
      saveSettings();
      onSaved(session);
    },
    onConnected: delivery.sendDue,
  });
  const follower = createSessionFollower({ api, page, random, clock }, events);
  const absence = createReplyWatch({
    clock,
    refresh: () => (isSaved() ? follower.refresh() : Promise.resolve()),
    isAwaited: () => !lifecycle.isRemoved() && isReplyAwaited(store.getSnapshot()),
  });
  return { store, lifecycle, follower, absence, delivery, choices, patch, readAgain, replying };
}

/** Repeats requests that have failed for a passing reason. */
function retryingRequests({ lifecycle }: Pick<Parts, "lifecycle">, { clock, random }: Dependencies) {
  return <T>(request: () => Promise<T>) =>
    withRetries(request, { attempts: REQUEST_ATTEMPTS, clock, random, isCancelled: lifecycle.isRemoved });
}

/** A message in the outbox, perhaps from before a reload, is shown as pending at once. */
function initialState({ outbox, isSaved, unsavedSettings, edits }: Dependencies): ChatState {
  const unsent = outbox.read();
  return {
    ...INITIAL_STATE,
    phase: isSaved() ? "loading" : "absent",
    pending: unsent && { ...unsent, state: "sending", error: null },
    pickedSettings: unsavedSettings.read(),
    pickedPresetId: edits.read(PRESET),
  };
}

function refreshOpen(
  { lifecycle, follower }: Pick<Parts, "lifecycle" | "follower">,
  { isSaved }: Pick<Dependencies, "isSaved">,
): void {
  if (lifecycle.isOpen() && isSaved()) follower.wake();
}

/** Closes the connection. A reply that still runs is polled for, so that its end is noticed. */
function disconnect({ follower, absence }: Parts): void {
  follower.stop();
  absence.start();
}

/** @returns closes the session again */
function openSession(parts: Parts, dependencies: Dependencies): () => void {
  const { store, lifecycle, absence, delivery } = parts;
  const { page, lastSeen, draft } = dependencies;
  delivery.readOutbox();
  lifecycle.open();
  const unsubscribe = page.subscribe(() => {
    if (!page.isVisible()) return disconnect(parts);
    absence.stop();
    refreshOpen(parts, dependencies);
    delivery.sendDue();
  });
  const { pending } = store.getSnapshot();
  absence.stop();
  if (!page.isOnline()) showLastSeen(store, lastSeen);
  refreshOpen(parts, dependencies);
  if (pending?.state === "sending") delivery.deliver(pending);
  else delivery.sendDue();
  return () => {
    lifecycle.close();
    unsubscribe();
    disconnect(parts);
    if (store.getSnapshot().pending?.isWaiting) delivery.sendLater();
    draft.flush();
  };
}

/** Deletes the session on the server, then everything that this browser keeps of it. */
async function removeSession(parts: Parts, dependencies: Dependencies): Promise<void> {
  const { store, lifecycle, follower, absence } = parts;
  const { api, lastSeen, outbox, draft, files, edits, unsavedSettings } = dependencies;
  // An answer that is still being read must not bring the session back into the list.
  follower.stop();
  absence.stop();
  const messages = store.getSnapshot().session?.messages ?? [];
  const uploads = files.getSnapshot().flatMap((file) => (file.state === "uploaded" ? [file.part] : []));
  const known = [...messages.flatMap((message) => attachmentParts(message.parts)), ...uploads];
  try {
    await api.remove();
  } catch (error) {
    refreshOpen(parts, dependencies);
    throw error;
  }
  lifecycle.remove();
  lastSeen.forget();
  outbox.clear();
  draft.forget();
  files.clear();
  edits.clear();
  unsavedSettings.clear();
  await api.forgetFiles(known);
}
