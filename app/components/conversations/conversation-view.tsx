import { useCallback, useContext, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { canQueue, canSend, hasQueue, isStopping, leafOf, type ChatState } from "~/browser/chat/chat-state";
import { modelFor, type ModelChoice } from "~/browser/chat/sending/model-choice";
import type { Conversation } from "~/browser/conversations/conversation-list";
import type { ConversationsSnapshot } from "~/browser/conversations/conversations";
import { useObservable } from "~/browser/page/use-observable";
import { modelWishes, pickPreset } from "~/browser/presets/pick-preset";
import { Composer } from "~/components/composer/composer";
import { DropZone } from "~/components/composer/drop-zone";
import { focusComposer } from "~/components/composer/focus-composer";
import type { MessageList } from "~/components/messages/message-list";
import { messageListModule } from "~/components/messages/message-list-loader";
import { Announcer } from "~/components/primitives/notices/announcer";
import { BrandContext } from "~/components/primitives/brand-context";
import { CopiedNotice } from "~/components/primitives/notices/copied-notice";
import { EmptyState } from "~/components/primitives/notices/empty-state";
import { lazyDialog, lazyPart } from "~/components/primitives/lazy-part";
import { Notices } from "~/components/primitives/notices/notices";
import { ArtifactTextsContext } from "~/components/markdown/artifact-texts";
import { messageText } from "~/conversation/reply/answer-text";
import { branchTo } from "~/conversation/session/branch";
import type { AssistantMessage } from "~/conversation/session/session";
import { titleWithoutTags } from "~/conversation/reply/think-tags";
import { sentenceFor } from "~/i18n/user-error";
import { ConversationHeader } from "./conversation-header";
import { LoadingConversation } from "./loading-conversation";
import { PresetChips } from "./preset-chips";
import { useBranchCommands } from "./use-branch-commands";
import { useConversationActions, type ConversationActions } from "./use-conversation-actions";
import { useConversationCommands, type OpenDialog } from "./use-conversation-commands";
import { useConversationPhase } from "./use-conversation-phase";
import { useFindCommand } from "./use-find-command";
import { useFollowBottom } from "./use-follow-bottom";

const ConversationSettings = lazyDialog(() =>
  import("./conversation-settings").then(({ ConversationSettings }) => ConversationSettings),
);
const WaitingMessages = lazyPart(() =>
  import("~/components/composer/waiting-messages").then(({ WaitingMessages }) => WaitingMessages),
);
const MessageDetails = lazyDialog(() =>
  import("~/components/messages/message-details").then(({ MessageDetails }) => MessageDetails),
);

type Props = {
  app: ChatApp;
  conversationId: string;
  onOpenDrawer: (() => void) | null;
  onOpenDialog: OpenDialog;
};

/** One open conversation: its messages and the composer. */
export function ConversationView({ app, conversationId, onOpenDrawer, onOpenDialog }: Props) {
  const [chat] = useState(() => app.session(conversationId));
  const { t } = useTranslation();
  const state = useObservable(chat);
  const models = useObservable(app.models);
  const conversations = useObservable(app.conversations);
  const phase = useConversationPhase(app, conversationId, state);
  const list = useObservable(messageListModule);
  const [open, setOpen] = useState<OpenPanel>(null);
  const [editingId, setEditingId] = useState<string | null>(null);
  const { scroller, content, isAtEnd, jump, letGo } = useFollowBottom(phase === "empty");
  const entry = app.conversations.find(conversationId);
  const commands = useConversationCommands(app, onOpenDialog);
  // The list has the newest title: a renamed one at once, and later every one that the session has.
  const isTemporary = app.conversations.temporary.is(conversationId);
  const named = isTemporary ? t("temporary.title") : "";
  const title =
    named || entry?.title || titleWithoutTags(state.session?.title ?? "") || t("conversations.new");

  useEffect(() => chat.start(), [chat]);
  useDocumentTitle(app, entry && title);
  const addFiles = useCallback(
    (dropped: readonly File[]) => {
      chat.files.add(dropped);
      focusComposer();
    },
    [chat],
  );
  const actions = useConversationActions({ app, chat, conversationId, jump, setEditingId, setOpen });
  const isReplying = state.live !== null || state.pending?.state === "accepted";
  // Without a network, a message that waits must be shown, too.
  useEffect(() => (isReplying ? WaitingMessages.preload() : undefined), [isReplying]);
  const [copied, clearCopied] = useBranchCommands({ app, chat, state, isReplying, setEditingId });
  const presets = useObservable(app.presets);
  const modelId = modelFor(models, modelWishes(state, presets));
  return (
    <main className={`conversation ${isTemporary ? "conversation--temporary" : ""}`}>
      <ConversationHeader
        {...{ title, commands, modelId, onOpenDrawer, isTemporary }}
        conversation={entry}
        registry={app.commands}
        models={models.models}
        onPickModel={actions.pickModel}
        onShowSettings={actions.showSettings}
        onStartNew={actions.startNew}
        onToggleTemporary={phase === "empty" ? actions.toggleTemporary : null}
      />
      {(state.connection !== "ok" || state.isKept) && state.phase !== "loading" && (
        <p className="conversation__reconnecting" role="status">
          {t(`conversation.${whyNotFresh(state)}`)}
        </p>
      )}
      <section
        className="conversation__scroller"
        aria-label={t("conversation.label")}
        ref={scroller}
        tabIndex={0}
      >
        <div className="conversation__content" ref={content}>
          {phase === "empty" && (
            <Invitation {...{ app, chat, state, conversations, entry, models, actions, isTemporary }} />
          )}
          {phase === "loading" && <LoadingConversation isLate={state.connection !== "ok"} />}
          {phase === "messages" && (
            <Messages
              {...{ app, chat, conversationId, state, models, editingId, scroller, actions, letGo }}
            />
          )}
        </div>
      </section>
      <div className="conversation__dock">
        {!isAtEnd && list && <list.JumpButton state={state} onJump={actions.jump} />}
        <Notices chat={chat} state={state} app={app} />
        {hasQueue(state) && <WaitingMessages {...{ app, chat, state }} onFailed={actions.partFailed} />}
        {isTemporary && phase !== "empty" && <p className="conversation__temporary">{t("temporary.note")}</p>}
        <ConversationComposer {...{ app, chat, state, models, modelId, isReplying, actions }} />
      </div>
      <DropZone onFiles={addFiles} />
      <Announcer chat={chat} />
      {copied && <CopiedNotice key={copied.turn} isCopied={copied.isDone} onEnd={clearCopied} />}
      <Panel {...{ app, chat, state, models, modelId, actions, open, setOpen }} />
    </main>
  );
}

/** The panel beside the conversation: its settings, or the details of a message. */
type OpenPanel = "settings" | { details: string } | null;

/** The title of the browser's tab, with the number of unread conversations. */
function useDocumentTitle(app: ChatApp, title: string | undefined): void {
  const { list } = useObservable(app.conversations);
  const unread = useObservable(app.unread);
  const { name } = useContext(BrandContext);
  const unreadCount = list.filter(({ id }) => unread.includes(id)).length;
  useEffect(() => {
    const mark = unreadCount > 0 ? `(${unreadCount}) ` : "";
    document.title = mark + (title === undefined ? name : `${title} · ${name}`);
  }, [name, title, unreadCount]);
}

type InvitationProps = {
  app: ChatApp;
  chat: ChatSession;
  state: ChatState;
  conversations: ConversationsSnapshot;
  entry: Conversation | undefined;
  models: ModelChoice;
  actions: ConversationActions;
  isTemporary: boolean;
};

/** In place of the messages of a conversation that has none. */
function Invitation(props: InvitationProps) {
  const { app, chat, state, conversations, entry, models, actions, isTemporary } = props;
  const { t } = useTranslation();
  const { list: presets } = useObservable(app.presets);
  const chosen = presets.find(({ id }) => id === state.pickedPresetId);
  const { notice: whyAnother, heldBackId } = conversations;
  const heldBack = heldBackId !== null && {
    why: t("conversation.heldBack", {
      title: app.conversations.find(heldBackId)?.title || t("conversations.untitled"),
    }),
    back: { label: t("conversation.openAgain"), onClick: () => app.conversations.open(heldBackId) },
  };
  const last = app.conversations.last();
  const { why, back } = heldBack || {
    why: isTemporary ? t("temporary.explanation") : whyEmpty(t, entry?.saved ?? false, whyAnother),
    back:
      last && !isTemporary
        ? {
            label: t("conversation.continueLast", { title: last.title || t("conversations.untitled") }),
            onClick: () => app.conversations.open(last.id),
          }
        : null,
  };
  const notice = models.notice && sentenceFor(t, models.notice);
  return (
    <EmptyState
      {...{ why, back, notice }}
      heading={isTemporary ? t("temporary.title") : null}
      prompts={chosen?.prompts ?? []}
      onPick={actions.suggest}
    >
      <PresetChips
        presets={presets}
        chosenId={chosen?.id ?? null}
        onChoose={(preset) => {
          pickPreset(chat, preset);
          focusComposer();
        }}
      />
    </EmptyState>
  );
}

type MessagesProps = Pick<
  Parameters<typeof MessageList>[0],
  "state" | "editingId" | "scroller" | "actions" | "letGo"
> & { app: ChatApp; chat: ChatSession; conversationId: string; models: ModelChoice };

function Messages({ app, chat, conversationId, models, ...rest }: MessagesProps) {
  const module = useObservable(messageListModule);
  const { opensReasoning } = useObservable(app.preferences);
  const spotlight = useObservable(app.spotlight);
  const endSpotlight = useCallback(() => app.spotlight.set(null), [app]);
  const find = useFindCommand(app, chat, conversationId);
  const texts = useCallback(() => {
    const now = chat.getSnapshot();
    return branchTo(now.session?.messages ?? [], leafOf(now)).map(messageText);
  }, [chat]);
  if (!module) return null;
  return (
    <ArtifactTextsContext.Provider value={texts}>
      <module.MessageList
        {...rest}
        models={models.models}
        showsNodes={app.showsNodes}
        opensReasoning={opensReasoning}
        download={chat.download}
        requests={chat.requests}
        spotlight={spotlight?.conversationId === conversationId ? spotlight.messageId : null}
        onSpotlit={endSpotlight}
        find={find}
        onFind={app.find.set}
      />
    </ArtifactTextsContext.Provider>
  );
}

type ComposerProps = {
  app: ChatApp;
  chat: ChatSession;
  state: ChatState;
  models: ModelChoice;
  modelId: string;
  isReplying: boolean;
  actions: ConversationActions;
};

function ConversationComposer({ app, chat, state, models, modelId, isReplying, actions }: ComposerProps) {
  const { enterSends } = useObservable(app.preferences);
  const { list: presets } = useObservable(app.presets);
  const { showSettings } = actions;
  const tools = useMemo(
    () => (app.hasTools ? { app, chat, onMore: showSettings } : null),
    [app, chat, showSettings],
  );
  const failed = useCallback(
    (error: unknown) => app.toasts.failure((t, why) => t("commands.failed", { why }), error),
    [app],
  );
  return (
    <Composer
      presets={presets}
      onPreset={app.startWith}
      onFailed={failed}
      tools={tools}
      draft={chat.draft}
      files={chat.files}
      download={chat.download}
      model={models.models.find(({ id }) => id === modelId)}
      canSend={canSend(state)}
      canQueue={canQueue(state)}
      hasQueue={hasQueue(state)}
      isReplying={isReplying}
      isStopping={isStopping(state)}
      enterSends={enterSends}
      onSend={actions.send}
      onStop={chat.stop}
    />
  );
}

type PanelProps = {
  app: ChatApp;
  chat: ChatSession;
  state: ChatState;
  models: ModelChoice;
  modelId: string;
  actions: ConversationActions;
  open: OpenPanel;
  setOpen: (open: OpenPanel) => void;
};

function Panel({ app, chat, state, models, modelId, actions, open, setOpen }: PanelProps) {
  const close = useCallback(() => setOpen(null), [setOpen]);
  const onFailed = useCallback(
    (error: unknown) => {
      close();
      app.toasts.failure((translate, why) => translate("commands.failed", { why }), error);
    },
    [app, close],
  );
  if (open === "settings") {
    return (
      <ConversationSettings
        {...{ app, chat, models, modelId, onFailed }}
        onPickModel={actions.pickModel}
        onClose={close}
      />
    );
  }
  const details = state.session?.messages.find(
    (message): message is AssistantMessage => message.id === open?.details && message.role === "assistant",
  );
  if (!details) return null;
  return <MessageDetails message={details} models={models.models} onClose={close} onFailed={onFailed} />;
}

function whyEmpty(t: TFunction, wasSaved: boolean, notice: ConversationsSnapshot["notice"]): string | null {
  if (notice !== null) return t(`conversation.${notice}`);
  if (wasSaved) return t("conversation.notOnServer");
  return null;
}

/** The key of the sentence that says why the conversation may be out of date. */
function whyNotFresh({ connection, isKept }: Pick<ChatState, "connection" | "isKept">) {
  if (connection === "storage away") return "storageAway";
  return isKept ? "offline" : "reconnecting";
}
