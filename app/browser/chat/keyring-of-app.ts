import { newId } from "~/conversation/session/session-id";
import type { Translator } from "~/i18n/create-translator";
import type { Conversations } from "~/browser/conversations/conversations";
import type { ShareLinks } from "~/browser/conversations/share-links";
import { createOutbox, type OutboxIds, type OutgoingMessage } from "~/browser/drafts/outbox";
import { createStoredDrafts } from "~/browser/drafts/stored-drafts";
import { createKeyring } from "~/browser/keyring/create-keyring";
import { createPasskeys } from "~/browser/keyring/sealing/webauthn.client";
import type { LoadedKeyring } from "~/browser/keyring/keyring-slot";
import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import type { Presets } from "~/browser/presets/presets";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { PreferencesStore } from "~/browser/storage/preferences";
import { askToPersist } from "~/browser/storage/keep-storage";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { ApiClient } from "./api-client";
import type { ModelChoices } from "./sending/model-choice";
import type { OpenSessions } from "./open-sessions";

export type KeyringParts = {
  page: Window & typeof globalThis;
  api: ApiClient;
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  activity: PageActivity;
  clock: PageClock;
  /** The time of day for stamps. */
  serverClock: PageClock;
  random: () => number;
  translator: Translator;
  conversations: Conversations;
  sessions: OpenSessions;
  presets: Presets;
  preferences: PreferencesStore;
  models: ModelChoices;
  outboxes: OutboxIds;
  shareLinks: ShareLinks;
  /** Deletes a conversation on the server, and all that this browser has of it. */
  deleteNow: (id: string) => Promise<void>;
};

/** The keyring, connected with the rest of the page. Loaded on demand: the first visit does without. */
export function openKeyring(dependencies: KeyringParts): LoadedKeyring {
  const { page, api, shared, conversations, sessions, presets, preferences, models, shareLinks } =
    dependencies;
  const { onOtherTab, activity, clock, serverClock, random, outboxes, translator } = dependencies;

  function onUnsent(id: string, message: OutgoingMessage) {
    const outbox = createOutbox(shared, id);
    if (outbox.read()) return;
    outbox.put(message);
    outboxes.update(id);
    if (conversations.find(id)) sessions.get(id).sendKept();
  }

  const drafts = createStoredDrafts(shared, sessions.find);

  /** A draft with files keeps its conversation, where the server has them. */
  function renewUnsent() {
    const unsent = drafts.all().filter(({ id }) => !conversations.find(id));
    if (unsent.some(({ files }) => files.length > 0)) return;
    const renewed = conversations.renewUnsent();
    const draft = unsent.find(({ id }) => id === renewed?.from);
    if (!renewed || !draft) return;
    drafts.offer({ ...draft, id: renewed.to }, null);
    drafts.withdraw(draft);
  }

  return createKeyring({
    ...{ shared, onOtherTab, activity, clock, serverClock, random, newId, http: api.http },
    locks: page.navigator.locks as LockManager | undefined,
    passkeys: createPasskeys(page),
    service: translator.i18n.t("app.name"),
    sources: {
      presets,
      changePreferences: preferences.change,
      preferModel: models.prefer,
      drafts,
      unsent: () =>
        outboxes.read().flatMap((id) => {
          const message = createOutbox(shared, id).read();
          return message ? [[id, message] as const] : [];
        }),
      onUnsent,
      clearUnsent(id, messageId) {
        createOutbox(shared, id).clear(messageId);
        outboxes.update(id);
      },
    },
    entries: conversations.entries,
    async findSession(id) {
      const answer = await api.session(id).load(null);
      return answer.kind === "session" ? answer.session : null;
    },
    remember: conversations.remember,
    finishDeletion: dependencies.deleteNow,
    async moveSession(from, { to, attachments }) {
      await api.session(to).move({ from, attachments });
    },
    isLeaving: (id) => conversations.find(id) === undefined,
    onMoved(id) {
      sessions.delete(id);
      shareLinks.dropAll(id);
    },
    renewUnsent,
    onJoined: () => void conversations.adoptDraft(),
    persist: () => void askToPersist(page.navigator),
    reload: () => page.location.reload(),
  });
}
