import type { SettingsEdit } from "~/conversation/session/edit-session";
import { newId } from "~/conversation/session/session-id";
import { firstWords, titleFrom } from "~/conversation/session/session-title";
import type { Conversations } from "~/browser/conversations/conversations";
import { createAttachmentDraft } from "~/browser/drafts/attachment-draft";
import { createDraft } from "~/browser/drafts/draft";
import { loadPrepareFile } from "~/browser/drafts/load-prepare-file";
import { createOutbox } from "~/browser/drafts/outbox";
import { createUnfinishedEdits } from "~/browser/drafts/unfinished-edits";
import type { PageActivity } from "~/browser/page/page-activity";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import { createLastSeen } from "~/browser/storage/last-seen";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { ApiClient } from "./api-client";
import { createChatSession, type ChatSession } from "./chat-session";
import type { ReplyNews } from "~/browser/page/reply-notification";
import { askingReply, endedReply, newestAnswer } from "./chat-state";
import type { SessionApi } from "./session-api";
import { createUnsavedSettings } from "./sending/unsaved-settings";

/** The sessions that this page has opened. Each one lives as long as the page, or until it is deleted. */
export type OpenSessions = {
  /** Opens the session if it is not open yet. */
  get: (id: string) => ChatSession;
  /** The session if it is open. */
  find: (id: string) => ChatSession | undefined;
  all: () => ChatSession[];
  delete: (id: string) => void;
};

export type OpenSessionsDependencies = {
  page: Pick<Window, "addEventListener">;
  api: ApiClient;
  /** Shared by all tabs of this browser. */
  shared: SafeStorage;
  /** Of this tab, kept on a reload. */
  tab: SafeStorage;
  onOtherTab: OnOtherTab;
  activity: PageActivity;
  conversations: Conversations;
  clock: PageClock;
  /** Uniform in [0, 1). */
  random: () => number;
  maxFileBytes: number;
  /** The settings of new sessions. */
  defaultSettings: () => SettingsEdit;
  /** Resolves when the first message of a conversation may be sent. */
  beforeFirstMessage: (id: string) => Promise<void>;
  /** Whether a title that is read may be older than what the list shows. */
  isRenaming: (id: string) => boolean;
  /** Called when a message was put into the outbox, or has left it. */
  onPending: (id: string) => void;
  /** Called when a reply has ended, unless a person has stopped it, and when it begins to wait for a decision. */
  onNews: (news: ReplyNews, id: string, messageId: string) => void;
  /** Called with the newest answer of a session that was read, unless it is still being written. */
  onRead: (id: string, messageId: string) => void;
};

export function createOpenSessions(dependencies: OpenSessionsDependencies): OpenSessions {
  const sessions = new Map<string, ChatSession>();

  function get(id: string): ChatSession {
    const known = sessions.get(id);
    if (known) return known;
    const opened = openSession(dependencies, id);
    sessions.set(id, opened);
    const isTemporary = dependencies.conversations.temporary.is(id);
    let before = opened.getSnapshot();
    opened.subscribe(() => {
      const [earlier, now] = [before, opened.getSnapshot()];
      before = now;
      if (isTemporary) return;
      if (earlier.pending !== now.pending) dependencies.onPending(id);
      const ended = endedReply(earlier, now)?.id;
      const newest = earlier.session === now.session ? null : newestAnswer(now);
      if (newest !== null) dependencies.onRead(id, newest);
      const asking = askingReply(earlier, now)?.messageId;
      if (ended !== undefined) dependencies.onNews("ended", id, ended);
      if (asking !== undefined) dependencies.onNews("asks", id, asking);
    });
    return opened;
  }

  return {
    get,
    find: (id) => sessions.get(id),
    all: () => [...sessions.values()],
    delete: (id) => void sessions.delete(id),
  };
}

function openSession(dependencies: OpenSessionsDependencies, id: string): ChatSession {
  const { page, tab, onOtherTab, activity, conversations, clock, random, maxFileBytes } = dependencies;
  const isTemporary = conversations.temporary.is(id);
  // What belongs to a temporary session is gone with its tab.
  const shared = isTemporary ? tab : dependencies.shared;
  const server = dependencies.api.session(id);
  const known = () => conversations.find(id);
  /** Whether it is still the temporary session of the tab. */
  const isCurrent = () => conversations.temporary.is(id);
  const isSaved = () =>
    isTemporary
      ? isCurrent() && conversations.temporary.isSaved()
      : (known()?.saved ?? id === conversations.reopenedId);
  const api: SessionApi = {
    ...server,
    async post(body) {
      if (!isSaved() && !isTemporary) await dependencies.beforeFirstMessage(id);
      return server.post(body);
    },
  };
  const draft = createDraft({ shared, tab, conversationId: id, onOtherTab, clock });
  page.addEventListener("pagehide", draft.flush);
  return createChatSession({
    api,
    outbox: createOutbox(shared, id),
    lastSeen: createLastSeen(shared, id),
    draft,
    files: createAttachmentDraft({
      api,
      storage: shared,
      onOtherTab,
      conversationId: id,
      newId,
      clock,
      random,
      async prepare(file) {
        const { prepareFile } = await loadPrepareFile();
        return prepareFile(file, { maxBytes: maxFileBytes });
      },
    }),
    edits: createUnfinishedEdits(shared, id, draft.putAside),
    unsavedSettings: createUnsavedSettings(shared, id),
    defaultSettings: dependencies.defaultSettings,
    page: activity,
    clock,
    random,
    isTemporary,
    isSaved,
    onSaved({ title, updatedAt }) {
      if (isCurrent()) conversations.temporary.noteSaved();
      if (isTemporary) return;
      const newest = dependencies.isRenaming(id) ? "" : title;
      conversations.remember({ id, title: newest, updatedAt, saved: true });
    },
    onSending({ text, files }) {
      if (isTemporary) return;
      const updatedAt = timestamp(clock);
      const { title, saved } = known() ?? {
        title: titleFrom(firstWords([...files, { type: "text", text }])),
        saved: false,
      };
      conversations.remember({ id, title, updatedAt, saved });
    },
  });
}
