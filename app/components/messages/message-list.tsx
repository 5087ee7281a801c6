import { Fragment, useCallback, useEffect, useMemo, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { Find } from "~/browser/chat/chat-app";
import { partsOf } from "~/browser/drafts/outbox";
import type { RequestContext } from "~/browser/chat/sending/request-context";
import { canSend, shownMessages, type ChatState, type ShownMessage } from "~/browser/chat/chat-state";
import type { ModelView } from "~/conversation/api";
import type { Message } from "~/conversation/session/session";
import { versionsById } from "~/conversation/session/versions";
import { DrawingBoundary } from "~/components/primitives/drawing-boundary";
import { UnformattedText } from "~/components/markdown/unformatted-text";
import { messageText } from "~/conversation/reply/answer-text";
import type { Download } from "./file-image";
import type { PageActions } from "./message-actions";
import { useSpotlight } from "~/components/hooks/use-spotlight";
import { useMessageActions } from "./use-message-actions";
import { useVisibleMessages } from "./use-visible-messages";
import { ShownMessageView } from "./shown-message-view";
import { lazyDialog } from "~/components/primitives/lazy-part";

export { JumpButton } from "~/components/primitives/jump-button";

const FindBar = lazyDialog(() => import("~/components/find/find-bar").then(({ FindBar }) => FindBar));

type Props = {
  state: ChatState;
  models: readonly ModelView[];
  /** The question that is being edited, if any. */
  editingId: string | null;
  scroller: RefObject<HTMLElement>;
  /** Says which node writes an answer. */
  showsNodes: boolean;
  /** Whether reasoning is shown while it is written. */
  opensReasoning: boolean;
  download: Download;
  actions: PageActions;
  requests: RequestContext;
  /** The message found by a search, to be scrolled to, if any. */
  spotlight: string | null;
  /** Stops following the bottom of the conversation. */
  letGo: () => void;
  /** Called when that message has been shown, or cannot be. */
  onSpotlit: () => void;
  /** The search within the conversation, if there is one. */
  find: Find | null;
  onFind: (find: Find | null) => void;
};

/**
 * The messages in reading order, keyed by place instead of id. A message keeps its element from the first character
 * until it is settled, and the focus stays in place when another version is shown.
 */
export function MessageList(props: Props) {
  const { state, models, editingId, scroller, spotlight, letGo, onSpotlit, find, onFind } = props;
  const { showsNodes, opensReasoning, download, requests } = props;
  const { t } = useTranslation();
  const actions = useMessageActions(props.actions, requests);
  const messages = state.session?.messages;
  const versions = useMemo(() => versionsById(messages ?? []), [messages]);
  const several = useMemo(() => hasSeveralModels(messages ?? []), [messages]);
  const shown = useMemo(() => shownMessages(state), [state]);
  const keys = useMemo(() => shown.map(placeOf), [shown]);
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
    // The message is on a branch that is not shown, or does not exist any more.
    if (messages.some(({ id }) => id === spotlight)) actions.showVersion(spotlight);
    else onSpotlit();
  }, [actions, isElsewhere, messages, onSpotlit, spotlight]);

  const endFind = useCallback(() => onFind(null), [onFind]);
  const isBusy = !canSend(state);
  const shownAs = { showsNodes, opensReasoning };
  const context = { state, models, versions, several, editingId, isBusy, download, actions, ...shownAs };
  return (
    <>
      {find && (
        <FindBar
          {...{ find, shown, scroller, scrollTo, letGo }}
          {...(find.messageId !== null && { placeholder: null })}
          onClose={endFind}
          onFailed={endFind}
        />
      )}
      {slots.map(({ index, spaceBefore }) => (
        <Fragment key={keys[index]}>
          {spaceBefore > 0 && <div style={{ height: spaceBefore }} />}
          <div className="message-slot" data-index={index} ref={measure}>
            <DrawingBoundary
              fallback={<UndrawnMessage item={shown[index]!} />}
              resetKey={`${keys[index]!} ${shown[index]!.kind}`}
            >
              <ShownMessageView item={shown[index]!} isLast={index === shown.length - 1} {...context} />
            </DrawingBoundary>
          </div>
        </Fragment>
      ))}
      {state.session?.recovered && <p className="notice">{t("conversation.recovered")}</p>}
    </>
  );
}

/** In place of a message whose rendering failed: its text. */
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

/** Whether each answer is to name its model. */
function hasSeveralModels(messages: readonly Message[]): boolean {
  return (
    new Set(messages.flatMap((each) => (each.role === "assistant" ? each.metadata.modelId : []))).size > 1
  );
}

/** The key of a message: its role, and the message before it. */
function placeOf(item: ShownMessage): string {
  if (item.kind === "pending") return `user ${item.message.parentId ?? ""}`;
  if (item.kind === "live") return `assistant ${item.reply.parentId ?? ""}`;
  return `${item.message.role} ${item.message.parentId ?? ""}`;
}
