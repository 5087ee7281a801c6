import { memo, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AssistantMessage as Settled, Part, ReplyStatus } from "~/conversation/session";
import { answerText } from "~/conversation/answer-text";
import { foldThoughts } from "~/conversation/think-tags";
import type { Version } from "~/conversation/versions";
import type { UserError } from "~/i18n/user-error";
import { AssistantTools } from "./assistant-tools";
import { MarkdownText } from "~/components/markdown/markdown-text";
import type { MessageActions } from "./message-actions";
import { OmissionNotes } from "./omission-notes";
import { ReplyEnding } from "./reply-ending";
import { TypingIndicator } from "./typing-indicator";

type Props = {
  id: string;
  parts: readonly Part[];
  status: ReplyStatus | "streaming";
  error: Settled["metadata"]["error"];
  /** The conversation was too long, so that the model was given only a part of it. */
  isShortened: boolean;
  /** Other parts that the model was not given. */
  omissions: Settled["metadata"]["omissions"];
  /** The name of the model, if several models have answered. */
  model: string | undefined;
  /** Suggestions for what to do next are shown only under the last answer. */
  isLast: boolean;
  /** A message or a reply is already under way. */
  isBusy: boolean;
  /** The error of Retry or Continue. */
  problem: UserError | null;
  version: Version | undefined;
  actions: MessageActions;
};

/** An answer. The same elements render it while it is written and afterwards, so that nothing moves. */
export const AssistantMessage = memo(function AssistantMessage(props: Props) {
  const { id, status, error, isLast, isBusy, actions } = props;
  const parts = useMemo(() => foldThoughts(props.parts), [props.parts]);
  const { t } = useTranslation();
  const isStreaming = status === "streaming";
  const lastText = parts.findLastIndex((part) => part.type === "text");
  return (
    <article
      className={`message message--assistant ${isLast ? "message--last" : ""}`}
      aria-label={t("message.assistant")}
      aria-busy={isStreaming}
      data-message-id={id}
      data-status={status}
    >
      {parts.map((part, index) =>
        part.type === "text" ? (
          <MarkdownText
            key={index}
            text={part.text}
            ending={index === lastText ? ENDINGS[status] : "whole"}
          />
        ) : (
          <Reasoning key={index} text={part.text} isLive={isStreaming && index === parts.length - 1} />
        ),
      )}
      <div className="message__foot">
        {isStreaming ? (
          <TypingIndicator />
        ) : (
          <>
            {isLast && props.isShortened && <p className="message__note">{t("message.omitted")}</p>}
            {isLast && props.omissions && <OmissionNotes omissions={props.omissions} />}
            <ReplyEnding
              status={status}
              error={error ?? null}
              hasText={lastText >= 0}
              canAsk={isLast}
              isBusy={isBusy}
              problem={props.problem}
              onRetry={() => props.actions.retry(id)}
              onContinue={() => props.actions.continueReply(id)}
            />
            <AssistantTools
              id={id}
              text={lastText < 0 ? null : () => answerText(props.parts)}
              version={props.version}
              model={props.model}
              isBusy={isBusy}
              actions={actions}
            />
          </>
        )}
      </div>
    </article>
  );
});

const ENDINGS = {
  streaming: "growing",
  complete: "whole",
  stopped: "cut",
  failed: "cut",
  interrupted: "cut",
} as const;

/** The reasoning of a model, folded. */
function Reasoning({ text, isLive }: { text: string; isLive: boolean }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="reasoning" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{isLive ? t("message.thinking") : t("message.reasoning")}</summary>
      {isOpen && (
        <div className="reasoning__text">
          <MarkdownText text={text} ending={isLive ? "growing" : "whole"} />
        </div>
      )}
    </details>
  );
}
