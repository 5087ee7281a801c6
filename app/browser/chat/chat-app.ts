import type { ModelsView } from "~/conversation/api";
import { newId } from "~/conversation/session-id";
import { firstWords, titleFrom } from "~/conversation/session-title";
import { chooseLanguage } from "~/i18n/languages";
import type { Translator } from "~/i18n/create-translator";
import { createAttachmentDraft } from "~/browser/drafts/attachment-draft";
import { createAccessGate, type AccessGate } from "./access-gate";
import { createApiClient, type ApiClient } from "./api-client";
import { ApiError } from "./api-error";
import { createChatSession, type ChatSession } from "./chat-session";
import { createCommands, type Commands } from "~/browser/page/commands";
import { endedReply } from "./chat-state";
import { createConversations, type Conversations } from "~/browser/conversations/conversations";
import { createDeletions, type Deletions } from "~/browser/conversations/deletions";
import { createDraft } from "~/browser/drafts/draft";
import { createDrawingGuard, type DrawingGuard } from "~/browser/page/drawing-guard";
import { createUnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import { createUnsavedSettings } from "./unsaved-settings";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createLastSeen } from "~/browser/storage/last-seen";
import { createModelChoices, type ModelChoices } from "./model-choice";
import { createObservable, type Changeable, type Observable } from "~/browser/page/observable";
import { keepPageOffline } from "~/browser/storage/offline-page";
import { createOutbox, OUTBOX_KEY } from "~/browser/drafts/outbox";
import type { PageClock } from "~/browser/page/page-clock";
import { createPageActivity } from "~/browser/page/page-activity";
import { redrawImage } from "~/browser/drafts/redraw-image";
import { createUploadRequest } from "./upload-request";
import { showAppearance } from "~/browser/storage/appearance";
import { createPreferences, type PreferencesStore } from "~/browser/storage/preferences";
import { createShareLinks, type ShareLinks } from "~/browser/conversations/share-links";
import { createTabClaims } from "~/browser/drafts/tab-claims";
import { createToasts, type Toasts } from "~/browser/page/toasts";
import { createUnread, type Unread } from "~/browser/conversations/unread";
import { createUnsentMessages, type UnsentMessages } from "~/browser/drafts/unsent-messages";
import { notifyFinished } from "~/browser/page/finished-notification";

/** So long it may take until all tabs know of a mark. */
const MARK_SETTLES_MS = 1_000;

/** Everything behind the page: this browser's conversations and the ways to reach the server. */
export type ChatApp = {
  api: ApiClient;
  commands: Commands;
  conversations: Conversations;
  deletions: Deletions;
  unread: Unread;
  unsent: UnsentMessages;
  toasts: Toasts;
  shareLinks: ShareLinks;
  models: ModelChoices;
  preferences: PreferencesStore;
  translator: Translator;
  /** A message that was looked for, until it has been shown. */
  spotlight: Changeable<Spotlight | null>;
  /** The node that answered last. */
  node: Observable<string>;
  access: AccessGate;
  drawing: DrawingGuard;
  session: (conversationId: string) => ChatSession;
  /** Begins another conversation that goes as far as this message, and opens it. */
  fork: (conversationId: string, messageId: string) => Promise<void>;
  /** Gives a conversation a title, here at once and then on the server. */
  rename: (conversationId: string, title: string) => Promise<void>;
  /** Takes a conversation out of sight; it is deleted once that cannot be undone any more. */
  remove: (conversationId: string) => void;
  /** False where the browser keeps nothing: closing the tab then loses the way back to its conversations. */
  isDurable: () => boolean;
  /** The page opens without a network, once it was there with one. */
  worksOffline: boolean;
};

export type Spotlight = { conversationId: string; messageId: string };

/** What the page's server knew when it sent the page. */
export type ServerProps = {
  node: string;
  models: ModelsView;
  maxFileBytes: number;
  worksOffline: boolean;
  isCodeNeeded: boolean;
  /** Whether this server has an access code; absent in pages of earlier builds, which a browser may have kept. */
  hasCode?: boolean;
};

/** The browser's composition root. Settles once the page speaks the person's language. */
export async function createChatApp(
  page: Window & typeof globalThis,
  facts: ServerProps,
  translator: Translator,
  clock: PageClock,
): Promise<ChatApp> {
  const node = createObservable(facts.node);
  const api = createApiClient({
    fetch: page.fetch.bind(page),
    clock,
    upload: createUploadRequest(clock),
    onNode: node.set,
    onCodeNeeded: (askedAt) => access.noteRefusal(askedAt),
  });
  const shared = createSafeStorage(() => page.localStorage);
  const tab = createSafeStorage(() => page.sessionStorage);
  const activity = createPageActivity(page);
  const models = createModelChoices(facts.models, shared);
  const sessions = new Map<string, ChatSession>();
  /** Also for all keys that begin with `key`. */
  const onOtherTab = (key: string, listener: () => void) => {
    page.addEventListener("storage", (event) => {
      // A null key means that everything was cleared.
      if ((event.key ?? key).startsWith(key)) listener();
    });
    // In the back-forward cache nobody is told of anything.
    page.addEventListener("pageshow", (event) => {
      if (event.persisted) listener();
    });
  };
  const random = () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
  const toasts = createToasts();
  const shareLinks = createShareLinks(shared);
  const deletions = createDeletions({
    shared,
    onOtherTab,
    random,
    async carryOut(id) {
      await session(id).remove();
      sessions.delete(id);
      conversations.forget(id);
      shareLinks.dropAll(id);
      unread.clear(id);
    },
    isPassing: (error) =>
      error instanceof ApiError && (error.isPassing || error.code === "access_code_needed"),
    onFailure: (title, error) => toasts.failure((t, why) => t("deletion.failed", { title, why }), error),
  });
  const access = createAccessGate({
    isShut: facts.isCodeNeeded,
    hasCode: facts.hasCode ?? false,
    enterCode: api.enterCode,
    logOut: api.logOut,
    shared,
    onOtherTab,
    onOpened() {
      for (const session of sessions.values()) session.readmitted();
    },
    // With the page goes what it shows, and every stream that it follows. What was typed is kept, as on any reload.
    onLeft: () => page.location.reload(),
  });
  const drawing = createDrawingGuard(shared, page);
  const conversations = createConversations({
    shared,
    unfinished: drawing.unfinished,
    tab,
    newId,
    onOtherTab,
    claim: createTabClaims(page.navigator.locks as LockManager | undefined),
    deletions,
  });
  const preferences = createPreferences({ shared, onOtherTab });

  async function applyPreferences() {
    const wanted = preferences.getSnapshot();
    const language = wanted.language ?? chooseLanguage(page.navigator.languages);
    await translator.speak(language);
    showAppearance(page.document.documentElement, preferences.getSnapshot(), translator.language());
  }
  preferences.subscribe(() => void applyPreferences());
  await applyPreferences();

  const unread = createUnread({ shared, onOtherTab });
  const idsWithKept = () =>
    conversations.getSnapshot().list.flatMap(({ id }) => (createOutbox(shared, id).read() ? [id] : []));
  const unsent = createUnsentMessages(idsWithKept);
  onOtherTab(OUTBOX_KEY, unsent.refresh);
  const isLookedAt = (id: string) => activity.isVisible() && conversations.getSnapshot().currentId === id;

  /** Whatever tab has marked it: the one that shows it takes the mark away. */
  function look() {
    const { currentId } = conversations.getSnapshot();
    if (isLookedAt(currentId)) unread.clear(currentId);
  }
  for (const changing of [activity, conversations, unread]) changing.subscribe(look);
  look();

  function ended(id: string, messageId: string) {
    if (isLookedAt(id)) return;
    unread.mark(id);
    if (!preferences.getSnapshot().notifies) return;
    // Another tab may be showing it, and says so by taking the mark away.
    setTimeout(() => {
      if (!unread.getSnapshot().includes(id)) return;
      const { t } = translator.i18n;
      void notifyFinished({ t, tag: messageId, onClick: () => conversations.open(id) });
    }, MARK_SETTLES_MS);
  }

  // What another tab has begun, this one has heard of through the list: from then on it can follow the session.
  conversations.subscribe(() => {
    const { list, currentId } = conversations.getSnapshot();
    const session = sessions.get(currentId);
    const isSaved = list.some(({ id, saved }) => id === currentId && saved);
    if (isSaved && session?.getSnapshot().phase === "absent") session.wake();
  });

  const find = (id: string) =>
    conversations.getSnapshot().list.find((conversation) => conversation.id === id);

  function open(id: string): ChatSession {
    const known = () => find(id);
    const draft = createDraft(shared, id, onOtherTab);
    page.addEventListener("pagehide", draft.flush);
    const sessionApi = api.session(id);
    return createChatSession({
      api: sessionApi,
      outbox: createOutbox(shared, id),
      lastSeen: createLastSeen(shared, id),
      draft,
      files: createAttachmentDraft({
        api: sessionApi,
        storage: shared,
        conversationId: id,
        newId,
        clock,
        random,
        prepare: { maxBytes: facts.maxFileBytes, redraw: redrawImage },
      }),
      edits: createUnfinishedEdits(shared, id),
      unsavedSettings: createUnsavedSettings(shared, id),
      page: activity,
      clock,
      random,
      isSaved: () => known()?.saved ?? id === conversations.reopenedId,
      onSaved({ title, updatedAt }) {
        conversations.remember({ id, title, updatedAt, saved: true });
      },
      onSending({ text, files }) {
        const updatedAt = new Date().toISOString();
        const { title, saved } = known() ?? {
          title: titleFrom(firstWords([...files, { type: "text", text }])),
          saved: false,
        };
        conversations.remember({ id, title, updatedAt, saved });
      },
    });
  }

  function session(id: string): ChatSession {
    const known = sessions.get(id);
    if (known) return known;
    const opened = open(id);
    sessions.set(id, opened);
    let before = opened.getSnapshot();
    opened.subscribe(() => {
      const { pending } = before;
      const reply = endedReply(before, (before = opened.getSnapshot()));
      if (pending !== before.pending) unsent.refresh();
      if (reply) ended(id, reply.id);
    });
    return opened;
  }

  /** Every tab does it: the ids of a message make it the same one however often it goes out. */
  function sendKept() {
    for (const id of idsWithKept()) session(id).sendKept();
    unsent.refresh();
  }
  activity.subscribe(sendKept);
  sendKept();

  const firstId = conversations.getSnapshot().currentId;
  // A page that shows a link has nothing to go back to.
  if (page.location.pathname === "/")
    void import("~/browser/conversations/visited-conversations").then(
      ({ followVisits }) => followVisits({ page, tab, conversations, firstId }),
      // Back then leaves the page.
      () => undefined,
    );

  deletions.start();
  void keepPageOffline(page, facts.worksOffline);

  return {
    api,
    commands: createCommands(),
    conversations,
    deletions,
    unread,
    unsent,
    toasts,
    shareLinks,
    models,
    preferences,
    translator,
    spotlight: createObservable<Spotlight | null>(null),
    node,
    access,
    drawing,
    session,
    async fork(from, messageId) {
      const id = newId();
      await api.session(id).fork({ from, messageId });
      const title = find(from)?.title ?? "";
      conversations.remember({ id, title, updatedAt: new Date().toISOString(), saved: true });
      conversations.open(id);
    },
    async rename(id, title) {
      const before = find(id)?.title ?? "";
      conversations.rename(id, title);
      try {
        await api.session(id).patch({ title });
      } catch (error) {
        conversations.rename(id, before);
        toasts.failure((t, why) => t("conversations.notRenamed", { why }), error);
      }
    },
    remove(id) {
      conversations.leave(id);
      deletions.add({ id, title: find(id)?.title ?? "" });
    },
    isDurable: shared.isDurable,
    worksOffline: facts.worksOffline,
  };
}
