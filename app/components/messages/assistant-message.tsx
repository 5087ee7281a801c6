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
  /** Its conversation was too long for the model to be given all of it. */
  isShortened: boolean;
  /** What else the model was not given. */
  omissions: Settled["metadata"]["omissions"];
  /** The name of the model, where it is not the same for all answers. */
  model: string | undefined;
  /** Only under the last answer is there a word on what to do next. */
  isLast: boolean;
  /** Something is on its way already. */
  isBusy: boolean;
  /** Why Retry or Continue did not work. */
  problem: UserError | null;
  version: Version | undefined;
  actions: MessageActions;
};

/** An answer, drawn by the same elements while it is written and afterwards, so that nothing moves in between. */
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

/** Folded: what a model thinks is for those who want to know. */
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
