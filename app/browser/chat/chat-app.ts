import type { ModelsView } from "~/conversation/api";
import type { OperatorPreset } from "~/conversation/preset";
import { newId } from "~/conversation/session/session-id";
import { chooseLanguage } from "~/i18n/languages";
import type { Translator } from "~/i18n/create-translator";
import { followAddress, nameIn } from "~/browser/conversations/address";
import { createConversations, type Conversations } from "~/browser/conversations/conversations";
import { createDeletions, type Deletions } from "~/browser/conversations/deletions";
import { createRenames, type Renames } from "~/browser/conversations/renames";
import { createShareLinks, type ShareLinks } from "~/browser/conversations/share-links";
import { createUnfoldedGroups, type UnfoldedGroups } from "~/browser/conversations/unfolded-groups";
import { createUnread, type Unread } from "~/browser/conversations/unread";
import { createOutboxIds } from "~/browser/drafts/outbox";
import { createTabClaims } from "~/browser/drafts/tab-claims";
import { createUnsentMessages, type UnsentMessages } from "~/browser/drafts/unsent-messages";
import { createCommands, type Commands } from "~/browser/page/commands";
import { createDrawingGuard, type DrawingGuard } from "~/browser/page/drawing-guard";
import { notifyOf, type ReplyNews } from "~/browser/page/reply-notification";
import { createObservable, type Changeable, type Observable } from "~/browser/page/observable";
import { createPageActivity, type PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import { createKeyringSlot, type KeyringSlot } from "~/browser/keyring/keyring-slot";
import { pickPreset } from "~/browser/presets/pick-preset";
import { createPresets, settingsOf, type Preset, type Presets } from "~/browser/presets/presets";
import { createToasts, type Toasts } from "~/browser/page/toasts";
import { showAppearance } from "~/browser/storage/appearance";
import { askToPersist, keepStorageOnceUsed } from "~/browser/storage/keep-storage";
import { createListNotice, type ListNotice } from "~/browser/storage/list-notice";
import { keepPageOffline } from "~/browser/storage/offline-page";
import { observeStorage } from "~/browser/storage/observed-storage";
import { createOtherTabs } from "~/browser/storage/other-tabs";
import { createPreferences, type PreferencesStore } from "~/browser/storage/preferences";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createServerClock } from "~/browser/storage/server-clock";
import { createAccessGate, type AccessGate } from "./access-gate";
import { createApiClient, type ApiClient } from "./api-client";
import { ApiError } from "./api-error";
import type { ChatSession } from "./chat-session";
import { createConversationCommands, type ConversationCommands } from "./conversation-commands";
import { createReplyNews } from "./following/reply-news";
import { createModelChoices, type ModelChoices } from "./sending/model-choice";
import { followTemporarySession } from "./temporary-session";
import { createOpenSessions, type OpenSessions } from "./open-sessions";
import { createUploadRequest } from "./sending/upload-request";

/** Everything behind the page: this browser's conversations and the ways to reach the server. */
export type ChatApp = ConversationCommands & {
  api: ApiClient;
  commands: Commands;
  conversations: Conversations;
  deletions: Deletions;
  unread: Unread;
  unsent: UnsentMessages;
  toasts: Toasts;
  shareLinks: ShareLinks;
  models: ModelChoices;
  presets: Presets;
  preferences: PreferencesStore;
  listNotice: ListNotice;
  translator: Translator;
  /** The message found by a search, until it has been shown. */
  spotlight: Changeable<Spotlight | null>;
  /** The search within the open conversation, while its bar is shown. */
  find: Changeable<Find | null>;
  /** The node behind the last answer. */
  node: Observable<string>;
  /** Whether people see which node answers, and which session. */
  showsNodes: boolean;
  /** Whether the server has tools that conversations can use. */
  hasTools: boolean;
  access: AccessGate;
  drawing: DrawingGuard;
  /** The list on all devices of a person. */
  keyring: KeyringSlot;
  session: (conversationId: string) => ChatSession;
  rename: Renames["rename"];
  /** Begins a temporary session with what was typed into a new one, or the reverse. */
  toggleTemporary: () => void;
  /** Begins the open session with a preset, or a new one if it has messages. */
  startWith: (preset: Preset) => void;
  /** The groups of the list that are unfolded. */
  unfolded: UnfoldedGroups;
  /** False if the browser refuses to store values: closing the tab then loses its conversations. */
  isDurable: () => boolean;
  /** Whether the browser has refused a value for want of room. */
  isStorageFull: () => boolean;
  clock: PageClock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** After its first load the page opens without a network, too. */
  worksOffline: boolean;
};

/** `messageId`: the message that a search over all conversations has found; null if the person is to type. */
export type Find = { conversationId: string; query: string; messageId: string | null };

export type Spotlight = { conversationId: string; messageId: string };

type Deleting = {
  keyring: KeyringSlot;
  conversations: Pick<Conversations, "announceDeletion">;
  deleteNow: (id: string) => Promise<void>;
};

/**
 * Deletes a conversation. With a keyring the deletion is recorded there first, so that another device finishes it if
 * this one cannot.
 */
async function deleteWithKeyring(id: string, { keyring, conversations, deleteNow }: Deleting): Promise<void> {
  if (keyring.getSnapshot().phase === "off") return deleteNow(id);
  conversations.announceDeletion(id);
  await keyring.beforeDeletion();
  try {
    await deleteNow(id);
  } catch (error) {
    // What the server refuses now is tried again after the next exchange with the keyring.
    if (error instanceof ApiError && error.isPassing) throw error;
  }
}

/** Sent by the server with the page. */
export type ServerProps = {
  node: string;
  models: ModelsView;
  maxFileBytes: number;
  worksOffline: boolean;
  /** Absent in pages of earlier versions, which a browser may have cached. */
  showsNodes?: boolean;
  /** Absent as `hasCode`. */
  hasTools?: boolean;
  isCodeNeeded: boolean;
  /** The name of the service; absent as `hasCode`. */
  service?: string;
  /** The operator's presets, unless the access code is needed first; absent as `hasCode`. */
  presets?: readonly OperatorPreset[];
  /** Whether this server has an access code; absent in pages of earlier versions, which a browser may have cached. */
  hasCode?: boolean;
};

type BrowserPage = Window & typeof globalThis;

/** The browser's composition root. Resolves once the page is in the person's language. */
export async function createChatApp(
  page: BrowserPage,
  props: ServerProps,
  translator: Translator,
  clock: PageClock,
): Promise<ChatApp> {
  const node = createObservable(props.node);
  const api = createApiClient({
    fetch: page.fetch.bind(page),
    clock,
    upload: createUploadRequest(clock),
    onNode: node.set,
    onDate: (date) => stored.serverClock.noteDate(date),
    onCodeNeeded: (askedAt) => access.noteRefusal(askedAt),
  });
  const stored = createStoredParts(page, props, clock);
  const { shared, tab, onOtherTab, activity, random } = stored;
  const { models, toasts, shareLinks, claim, preferences, presets, serverClock } = stored;
  const keyring = createKeyringSlot({ shared, onOtherTab, clock, load: () => loadKeyring() });
  stored.followChanges(keyring.noteChange);
  const deletions = createDeletions({
    ...{ shared, onOtherTab, clock, random },
    carryOut: (id) => deleteWithKeyring(id, { keyring, conversations, deleteNow }),
    isPassing: isPassingForDeletion,
    onFailure: (title, error) => toasts.failure((t, why) => t("deletion.failed", { title, why }), error),
  });
  async function deleteNow(id: string) {
    await sessions.get(id).remove();
    sessions.delete(id);
    conversations.forget(id);
    shareLinks.dropAll(id);
  }
  const access = createAccessGate({
    isShut: props.isCodeNeeded,
    hasCode: props.hasCode ?? false,
    enterCode: api.enterCode,
    logOut: api.logOut,
    ...{ shared, onOtherTab, clock },
    onOpened() {
      // The page without the code came without them.
      if (props.isCodeNeeded) api.presets().then(presets.setOffered, () => undefined);
      for (const session of sessions.all()) session.readmitted();
    },
    // A reload removes what the page shows and ends its streams. Unsent texts are kept, as on any reload.
    onLeft: () => page.location.reload(),
  });
  const drawing = createDrawingGuard(shared, page, (id) => conversations.temporary.is(id));
  const { isChat, ...first } = firstPlace(page, preferences);
  const conversations = createConversations({
    ...{ shared, unfinished: drawing.unfinished, tab, newId, onOtherTab, claim, deletions, ...first },
    clock: serverClock,
    newConversationId: keyring.newConversationId,
  });
  const unread = createUnread({ shared, entries: conversations.entries });
  await Promise.all([followPreferences(page, preferences, translator), conversations.ready]);

  const outboxes = createOutboxIds(shared, onOtherTab, () => unsent.refresh());
  const idsWithUnsent = () => outboxes.read().filter((id) => conversations.find(id));
  const unsent = createUnsentMessages(idsWithUnsent, clock);
  const notify = (news: ReplyNews, tag: string, onClick: () => void) =>
    void notifyOf(news, { t: translator.i18n.t, tag, onClick });
  const requestsOf = (id: string) => sessions.get(id).requests;
  const { rename, isRenaming } = createRenames({ conversations, toasts, requestsOf });
  const sessions = createOpenSessions({
    ...{ page, api, shared, tab, onOtherTab, activity, conversations, clock, random },
    ...{ maxFileBytes: props.maxFileBytes, beforeFirstMessage: keyring.beforeFirstMessage },
    defaultSettings: () => settingsOf(presets.getSnapshot().defaults),
    ...{ onPending: outboxes.update, isRenaming },
    ...createReplyNews({ activity, conversations, unread, preferences, clock, notify }),
  });
  const loadKeyring = async () => {
    const { openKeyring } = await import("./keyring-of-app");
    const known = { page, api, shared, onOtherTab, activity, clock, serverClock, random, translator };
    const parts = { conversations, sessions, presets, preferences, models, outboxes, shareLinks };
    return openKeyring({ ...known, ...parts, deleteNow });
  };
  followConversationsOfOtherTabs(conversations, sessions);
  sendKeptMessages(activity, () => {
    for (const id of idsWithUnsent()) sessions.get(id).sendKept();
    unsent.refresh();
  });

  // A page that shows a link has no conversations to go back to.
  if (isChat) followAddress({ page, conversations });
  for (const { start } of [deletions, keyring]) start();
  keepWhatIsStored(page, conversations, props.worksOffline);

  return {
    ...{ api, conversations, deletions, unread, unsent, toasts, shareLinks, models, presets, preferences },
    ...{ translator, node, access, drawing, clock, random, keyring },
    ...{ commands: createCommands(), unfolded: createUnfoldedGroups(shared, onOtherTab) },
    ...{ listNotice: createListNotice(shared, onOtherTab), session: sessions.get, rename },
    find: createObservable<Find | null>(null),
    spotlight: createObservable<Spotlight | null>(null),
    ...waysToBegin({ page, api, conversations, sessions, toasts, clock, locks: page.navigator.locks }),
    ...createConversationCommands({ api, conversations, deletions, toasts, clock }),
    ...{ isDurable: shared.isDurable, isStorageFull: shared.isFull, worksOffline: props.worksOffline },
    ...{ showsNodes: props.showsNodes ?? false, hasTools: props.hasTools ?? false },
  };
}

function waysToBegin(
  dependencies: Parameters<typeof followTemporarySession>[0],
): Pick<ChatApp, "toggleTemporary" | "startWith"> {
  const { conversations, sessions } = dependencies;
  const deleteLeftTemporary = followTemporarySession(dependencies);
  const current = () => sessions.get(conversations.getSnapshot().currentId);
  return {
    toggleTemporary() {
      const from = current();
      const wasTemporary = conversations.temporary.is(conversations.getSnapshot().currentId);
      deleteLeftTemporary();
      if (wasTemporary) conversations.startNew();
      else conversations.startTemporary();
      moveDraft(from, current());
    },
    startWith(preset) {
      const { session, pending } = current().getSnapshot();
      if (session || pending) conversations.startNew();
      pickPreset(current(), preset);
    },
  };
}

/** Takes what was typed for a session without messages along to another one that has nothing typed. */
function moveDraft(from: ChatSession, to: ChatSession): void {
  const { session, pending } = from.getSnapshot();
  const text = from.draft.getSnapshot();
  if (session || pending || text === "" || to.draft.getSnapshot() !== "") return;
  from.draft.clear();
  to.draft.set(text);
}

/** What this browser stores, and what needs nothing else. */
function createStoredParts(page: BrowserPage, props: ServerProps, clock: PageClock) {
  let onChange: (key: string) => void = () => undefined;
  const shared = observeStorage(
    createSafeStorage(() => page.localStorage),
    (key) => onChange(key),
  );
  const onOtherTab = createOtherTabs(page);
  const serverClock = createServerClock(shared, clock);
  return {
    ...{ shared, onOtherTab, serverClock },
    /** From now on the listener is called with the key of each value that this tab changes for all tabs. */
    followChanges: (listener: (key: string) => void) => void (onChange = listener),
    tab: createSafeStorage(() => page.sessionStorage),
    activity: createPageActivity(page),
    models: createModelChoices(props.models, shared),
    random: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
    toasts: createToasts(),
    shareLinks: createShareLinks(shared),
    claim: createTabClaims(page.navigator.locks as LockManager | undefined),
    preferences: createPreferences({ shared, onOtherTab }),
    presets: createPresets({ offered: props.presets ?? [], shared, onOtherTab, clock: serverClock, newId }),
  };
}

/** A deletion that has failed for this reason is tried again. */
function isPassingForDeletion(error: unknown): boolean {
  return error instanceof ApiError && (error.isPassing || error.code === "access_code_needed");
}

/** What decides which conversation is shown first. A page that shows a link has none. */
function firstPlace(page: BrowserPage, preferences: PreferencesStore) {
  const isChat = page.location.pathname === "/";
  const { opensLast } = preferences.getSnapshot();
  return { isChat, opensLast, address: isChat ? nameIn(page.location.hash) : null };
}

function keepWhatIsStored(page: BrowserPage, conversations: Conversations, worksOffline: boolean): void {
  keepStorageOnceUsed({ conversations, ask: () => void askToPersist(page.navigator) });
  void keepPageOffline(page, worksOffline);
}

/** Shows the page as the preferences say, now and after each change. */
async function followPreferences(
  page: BrowserPage,
  preferences: PreferencesStore,
  translator: Translator,
): Promise<void> {
  async function apply() {
    const wanted = preferences.getSnapshot();
    const language = wanted.language ?? chooseLanguage(page.navigator.languages);
    await translator.speak(language);
    showAppearance(page.document.documentElement, preferences.getSnapshot(), translator.language());
  }
  preferences.subscribe(() => void apply());
  await apply();
}

/** Each tab sends the messages in the outboxes. Their ids make repeated deliveries harmless. */
function sendKeptMessages(activity: PageActivity, send: () => void): void {
  activity.subscribe(send);
  send();
}

/** A session that another tab has just begun is known by the list, and can be followed from then on. */
function followConversationsOfOtherTabs(conversations: Conversations, sessions: OpenSessions): void {
  conversations.subscribe(() => {
    const { currentId } = conversations.getSnapshot();
    const session = sessions.find(currentId);
    const isSaved = conversations.find(currentId)?.saved ?? false;
    if (isSaved && session?.getSnapshot().phase === "absent") session.wake();
  });
}
