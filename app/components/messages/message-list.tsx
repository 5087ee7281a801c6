import { Fragment, useEffect, useMemo, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { partsOf } from "~/browser/drafts/outbox";
import { canSend, shownMessages, type ChatState, type ShownMessage } from "~/browser/chat/chat-state";
import type { ModelView } from "~/conversation/api";
import type { Message, UserMessage as SentMessage } from "~/conversation/session";
import { versionsById } from "~/conversation/versions";
import { AssistantMessage } from "./assistant-message";
import { DrawingBoundary } from "~/components/primitives/drawing-boundary";
import { UnformattedText } from "~/components/markdown/unformatted-text";
import { messageText } from "~/conversation/answer-text";
import type { Download } from "./file-image";
import type { MessageActions } from "./message-actions";
import { useSpotlight } from "~/components/hooks/use-spotlight";
import { useVisibleMessages } from "./use-visible-messages";
import { UserMessage } from "./user-message";

type Props = {
  state: ChatState;
  models: readonly ModelView[];
  /** The question that is being changed, if any. */
  editingId: string | null;
  scroller: RefObject<HTMLElement>;
  download: Download;
  actions: MessageActions;
  /** The message that was looked for, if any. */
  spotlight: string | null;
  letGo: () => void;
  onSpotlit: () => void;
};

/**
 * The messages in reading order. Each is keyed by its place, not by its id: from being typed or written to being
 * settled it stays the same, and the focus stays where it is when another version is shown there.
 */
export function MessageList(props: Props) {
  const { state, models, editingId, scroller, download, actions, spotlight, letGo, onSpotlit } = props;
  const { t } = useTranslation();
  const messages = state.session?.messages;
  const versions = useMemo(() => versionsById(messages ?? []), [messages]);
  const several = useMemo(() => hasSeveralModels(messages ?? []), [messages]);
  const shown = shownMessages(state);
  const isBusy = !canSend(state);
  const keys = shown.map(placeOf);
  const { slots, measure, scrollTo } = useVisibleMessages({
    keys,
    scroller,
    pinned: shown.findIndex((item) => item.kind === "settled" && item.message.id === editingId),
  });

  const spotlit = shown.findIndex((item) => item.kind === "settled" && item.message.id === spotlight);
  useSpotlight({ messageId: spotlight, index: spotlit, scroller, scrollTo, letGo, onDone: onSpotlit });
  const isElsewhere = spotlight !== null && spotlit < 0 && messages !== undefined;
  useEffect(() => {
    if (!isElsewhere) return;
    // It is in a version that is not shown, or was in one that is gone.
    if (messages.some(({ id }) => id === spotlight)) actions.showVersion(spotlight);
    else onSpotlit();
  }, [actions, isElsewhere, messages, onSpotlit, spotlight]);

  function drawUser(
    message: Pick<SentMessage, "id" | "parts">,
    isLast: boolean,
    sending?: NonNullable<ChatState["pending"]>,
  ) {
    const { id, parts } = message;
    return (
      <UserMessage
        id={id}
        parts={parts}
        download={download}
        state={sending?.state ?? "settled"}
        error={sending?.error ?? null}
        isWaiting={sending?.isWaiting ?? false}
        version={versions.get(id)}
        isEditing={!sending && editingId === id}
        isBusy={isBusy}
        isLast={isLast}
        actions={actions}
      />
    );
  }

  function drawAssistant(
    answer: Pick<
      Parameters<typeof AssistantMessage>[0],
      "id" | "parts" | "status" | "error" | "isShortened" | "omissions" | "model"
    >,
    isLast: boolean,
  ) {
    const { problem } = state;
    return (
      <AssistantMessage
        {...answer}
        isLast={isLast}
        isBusy={isBusy}
        problem={problem?.messageId === answer.id ? problem.error : null}
        version={versions.get(answer.id)}
        actions={actions}
      />
    );
  }

  function draw(item: ShownMessage, isLast: boolean) {
    if (item.kind === "pending") {
      return drawUser({ ...item.message, parts: partsOf(item.message) }, isLast, item.message);
    }
    if (item.kind === "live") {
      const { messageId: id, shown } = item.reply;
      const answer = {
        id,
        parts: shown.parts,
        status: "streaming" as const,
        error: undefined,
        isShortened: false,
        omissions: undefined,
        model: undefined,
      };
      return drawAssistant(answer, isLast);
    }
    const { message } = item;
    if (message.role === "user") {
      return drawUser(message, isLast);
    }
    const { id, parts } = message;
    const { status, error, omittedMessages, omissions, modelId } = message.metadata;
    const model = several ? (models.find((each) => each.id === modelId)?.name ?? modelId) : undefined;
    const isShortened = omittedMessages !== undefined;
    return drawAssistant({ id, parts, status, error, isShortened, omissions, model }, isLast);
  }

  return (
    <>
      {slots.map(({ index, spaceBefore }) => (
        <Fragment key={keys[index]}>
          {spaceBefore > 0 && <div style={{ height: spaceBefore }} />}
          <div className="message-slot" data-index={index} ref={measure}>
            <DrawingBoundary
              fallback={<UndrawnMessage item={shown[index]!} />}
              resetKey={`${keys[index]!} ${shown[index]!.kind}`}
            >
              {draw(shown[index]!, index === shown.length - 1)}
            </DrawingBoundary>
          </div>
        </Fragment>
      ))}
      {state.session?.recovered && <p className="notice">{t("conversation.recovered")}</p>}
    </>
  );
}

/** A message in place of what could not be drawn of it: its text. */
function UndrawnMessage({ item }: { item: ShownMessage }) {
  const { t } = useTranslation();
  const isAnswer = item.kind === "live" || (item.kind === "settled" && item.message.role === "assistant");
  return (
    <article className="message" aria-label={isAnswer ? t("message.assistant") : t("message.you")}>
      <UnformattedText text={textOf(item)} why="failed" />
    </article>
  );
}

function textOf(item: ShownMessage): string {
  if (item.kind === "pending") return messageText({ role: "user", parts: partsOf(item.message) });
  if (item.kind === "live") return messageText({ role: "assistant", parts: [...item.reply.shown.parts] });
  return messageText(item.message);
}

/** Then each answer says whose it is. */
function hasSeveralModels(messages: readonly Message[]): boolean {
  return (
    new Set(messages.flatMap((each) => (each.role === "assistant" ? each.metadata.modelId : []))).size > 1
  );
}

function placeOf(item: ShownMessage): string {
  if (item.kind === "pending") return `user ${item.message.parentId ?? ""}`;
  if (item.kind === "live") return `assistant ${item.reply.parentId ?? ""}`;
  return `${item.message.role} ${item.message.parentId ?? ""}`;
}
