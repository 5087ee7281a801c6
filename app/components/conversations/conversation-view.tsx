import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { canSend, leafOf, type ChatState } from "~/browser/chat/chat-state";
import { copyText } from "~/browser/page/copy-text";
import { branchTo } from "~/conversation/branch";
import { messageText } from "~/conversation/answer-text";
import type { AssistantMessage, Message } from "~/conversation/session";
import { titleWithoutTags } from "~/conversation/think-tags";
import { modelFor } from "~/browser/chat/model-choice";
import { useObservable } from "~/browser/page/use-observable";
import { sentenceFor } from "~/i18n/user-error";
import { Announcer } from "~/components/primitives/announcer";
import { Composer } from "~/components/composer/composer";
import { ConversationHeader } from "./conversation-header";
import { CopiedNotice } from "~/components/primitives/copied-notice";
import { DropZone } from "~/components/composer/drop-zone";
import { EmptyState } from "~/components/primitives/empty-state";
import { focusComposer } from "~/components/composer/focus-composer";
import { JumpButton } from "~/components/primitives/jump-button";
import { lazyPart } from "~/components/primitives/lazy-part";
import { LoadingConversation } from "./loading-conversation";
import { MessageList } from "~/components/messages/message-list";
import { Notices } from "~/components/primitives/notices";
import { useConversationCommands, type OpenDialog } from "./use-conversation-commands";
import { useFollowBottom } from "./use-follow-bottom";
import { useDrawingGuard } from "~/components/hooks/use-drawing-guard";
import { useMarkdownReady } from "~/components/markdown/use-markdown-ready";

const ConversationSettings = lazyPart(() =>
  import("./conversation-settings").then(({ ConversationSettings }) => ConversationSettings),
);
const MessageDetails = lazyPart(() =>
  import("~/components/messages/message-details").then(({ MessageDetails }) => MessageDetails),
);

type Props = {
  app: ChatApp;
  conversationId: string;
  onOpenDrawer: (() => void) | null;
  onOpenDialog: OpenDialog;
};

/** One open conversation: what was said, and where to say more. */
export function ConversationView({ app, conversationId, onOpenDrawer, onOpenDialog }: Props) {
  const [chat] = useState(() => app.session(conversationId));
  const { t } = useTranslation();
  const state = useObservable(chat);
  const models = useObservable(app.models);
  const preferences = useObservable(app.preferences);
  const { list, deletedElsewhere, heldBackId } = useObservable(app.conversations);
  const unread = useObservable(app.unread);
  const unreadCount = list.filter(({ id }) => unread.includes(id)).length;
  const isEmpty = state.phase === "absent" && !state.pending;
  const isMarkdownReady = useMarkdownReady(!isEmpty);
  // What was shown once never gives way to a placeholder: an answer is plain text until it can be drawn.
  const [wasShown, setWasShown] = useState(false);
  const isComing =
    !isEmpty && !state.pending && (state.phase === "loading" || !(isMarkdownReady || wasShown));
  const mayDraw = useDrawingGuard(app.drawing, conversationId, !isEmpty && !isComing);
  const isLoading = isComing || !(isEmpty || mayDraw);
  if (!isLoading && !wasShown) setWasShown(true);
  const [open, setOpen] = useState<"settings" | { details: string } | null>(null);
  const [editingId, setEditingId] = useState<string | null>(null);
  const [copied, setCopied] = useState<{ isDone: boolean; turn: number } | null>(null);
  const close = useCallback(() => setOpen(null), []);
  const failed = useCallback(
    (error: unknown) => {
      close();
      app.toasts.failure((translate, why) => translate("commands.failed", { why }), error);
    },
    [app, close],
  );
  const { scroller, content, isAtEnd, jump, letGo } = useFollowBottom();
  const spotlight = useObservable(app.spotlight);
  const entry = list.find(({ id }) => id === conversationId);
  const commands = useConversationCommands(app, onOpenDialog);
  // The list has a new name first, and is told every one that the server has.
  const title = entry?.title || titleWithoutTags(state.session?.title ?? "") || t("conversations.new");

  useEffect(() => chat.start(), [chat]);
  useEffect(() => {
    const mark = unreadCount > 0 ? `(${unreadCount}) ` : "";
    document.title = mark + (entry ? `${title} · Holdfast` : "Holdfast");
  }, [entry, title, unreadCount]);

  const currentModel = useCallback(() => {
    const { pickedModelId, session } = chat.getSnapshot();
    return modelFor(app.models.getSnapshot(), [pickedModelId, session?.settings.modelId]);
  }, [app, chat]);

  const addFiles = useCallback(
    (dropped: readonly File[]) => {
      chat.files.add(dropped);
      focusComposer();
    },
    [chat],
  );

  const endSpotlight = useCallback(() => app.spotlight.set(null), [app]);

  /** What a person can do here. The focus goes to the composer, since most of what is pressed goes away. */
  const actions = useMemo(() => {
    const andFocus =
      <Arguments extends unknown[]>(act: (...args: Arguments) => void) =>
      (...args: Arguments) => {
        act(...args);
        focusComposer();
      };
    return {
      send: andFocus((text: string) => {
        if (chat.send(text, currentModel())) jump();
      }),
      suggest: andFocus((text: string) => {
        if (chat.suggest(text, currentModel())) jump();
      }),
      retry: andFocus((id: string) => chat.retry(id, currentModel())),
      continueReply: andFocus((id: string) => chat.continueReply(id, currentModel())),
      trySendingAgain: andFocus(chat.trySendingAgain),
      editUnsent: andFocus(chat.editUnsent),
      jump: andFocus(jump),
      pickModel(modelId: string) {
        app.models.prefer(modelId);
        chat.pickModel(modelId);
      },
      startEditing: setEditingId,
      stopEditing: andFocus((id: string, what: "keep" | "discard") => {
        if (what === "discard") chat.edits.put(id, null);
        setEditingId(null);
      }),
      edits: chat.edits,
      edit: andFocus((id: string, text: string) => {
        if (chat.edit(id, text, currentModel())) setEditingId(null);
      }),
      // The focus stays on the switcher: people go through versions one by one.
      showVersion: chat.showVersion,
      fork: andFocus((id: string) => {
        app.fork(conversationId, id).catch(chat.report);
      }),
      showDetails: (id: string) => setOpen({ details: id }),
      showSettings: () => setOpen("settings"),
    };
  }, [app, chat, conversationId, currentModel, jump]);

  const isReplying = state.live !== null || state.pending?.state === "accepted";
  const messages = state.session?.messages;
  const leaf = leafOf(state);
  const [lastQuestion, lastAnswer] = useMemo(() => lastOf(branchTo(messages ?? [], leaf)), [messages, leaf]);
  const isFree = canSend(state);
  useEffect(
    () =>
      app.commands.offer({
        ...(isReplying && { stop: chat.stop }),
        ...(isFree && lastQuestion && { edit: () => setEditingId(lastQuestion.id) }),
        ...(lastAnswer && {
          copy: () =>
            void copyText(messageText(lastAnswer)).then((isDone) =>
              setCopied((before) => ({ isDone, turn: (before?.turn ?? 0) + 1 })),
            ),
        }),
      }),
    [app, chat, isFree, isReplying, lastAnswer, lastQuestion],
  );

  const detailsOf = typeof open === "object" ? open?.details : undefined;
  const details = state.session?.messages.find(
    (message): message is AssistantMessage => message.id === detailsOf && message.role === "assistant",
  );
  const modelId = modelFor(models, [state.pickedModelId, state.session?.settings.modelId]);
  return (
    <main className="conversation">
      <ConversationHeader
        title={title}
        conversation={entry}
        commands={commands}
        models={models.models}
        modelId={modelId}
        onPickModel={actions.pickModel}
        onShowSettings={actions.showSettings}
        onOpenDrawer={onOpenDrawer}
        onStartNew={app.conversations.startNew}
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
          {isEmpty ? (
            <EmptyState
              why={
                heldBackId === null
                  ? whyEmpty(t, entry?.saved ?? false, deletedElsewhere)
                  : t("conversation.heldBack", {
                      title: titleOf(list, heldBackId) || t("conversations.untitled"),
                    })
              }
              onGoBack={heldBackId === null ? null : () => app.conversations.open(heldBackId)}
              notice={models.notice && sentenceFor(t, models.notice)}
              onPick={actions.suggest}
            />
          ) : isLoading ? (
            <LoadingConversation isLate={state.connection !== "ok"} />
          ) : (
            <MessageList
              state={state}
              models={models.models}
              editingId={editingId}
              scroller={scroller}
              download={chat.download}
              actions={actions}
              spotlight={spotlight?.conversationId === conversationId ? spotlight.messageId : null}
              letGo={letGo}
              onSpotlit={endSpotlight}
            />
          )}
        </div>
      </section>
      <div className="conversation__dock">
        {!isAtEnd && <JumpButton state={state} onJump={actions.jump} />}
        <Notices chat={chat} state={state} isDurable={app.isDurable()} />
        <Composer
          draft={chat.draft}
          files={chat.files}
          download={chat.download}
          model={models.models.find(({ id }) => id === modelId)}
          canSend={canSend(state)}
          isReplying={isReplying}
          isStopping={state.isStopping}
          enterSends={preferences.enterSends}
          onSend={actions.send}
          onStop={chat.stop}
        />
      </div>
      <DropZone onFiles={addFiles} />
      <Announcer chat={chat} />
      {copied && <CopiedNotice key={copied.turn} isCopied={copied.isDone} onEnd={() => setCopied(null)} />}
      {open === "settings" && (
        <ConversationSettings
          chat={chat}
          models={models}
          onPickModel={actions.pickModel}
          onClose={close}
          onFailed={failed}
        />
      )}
      {details && (
        <MessageDetails message={details} models={models.models} onClose={close} onFailed={failed} />
      )}
    </main>
  );
}

/** The newest question and the newest answer of a branch. */
function lastOf(branch: readonly Message[]): [Message | undefined, Message | undefined] {
  return [
    branch.findLast(({ role }) => role === "user"),
    branch.findLast(({ role }) => role === "assistant"),
  ];
}

function titleOf(list: readonly { id: string; title: string }[], wanted: string): string {
  return list.find(({ id }) => id === wanted)?.title ?? "";
}

function whyEmpty(t: TFunction, wasSaved: boolean, deletedElsewhere: boolean): string | null {
  if (deletedElsewhere) return t("conversation.deletedElsewhere");
  if (wasSaved) return t("conversation.notOnServer");
  return null;
}

/** The name of the sentence that says why what is shown may not be the newest. */
function whyNotFresh({ connection, isKept }: Pick<ChatState, "connection" | "isKept">) {
  if (connection === "storage away") return "storageAway";
  return isKept ? "offline" : "reconnecting";
}
