import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { AssistantMessage as Settled, Part, ReplyStatus } from "~/conversation/session/session";
import { isUndecided } from "~/conversation/calls/call-state";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import { answerText } from "~/conversation/reply/answer-text";
import { sourcesIn } from "~/conversation/sources";
import { foldThoughts } from "~/conversation/reply/think-tags";
import type { Version } from "~/conversation/session/versions";
import type { UserError } from "~/i18n/user-error";
import { AssistantTools } from "./assistant-tools";
import { MarkdownText } from "~/components/markdown/markdown-text";
import { Disclosure } from "~/components/primitives/overlays/disclosure";
import type { ModelView } from "~/conversation/api";
import type { Download } from "./file-image";
import type { MessageActions } from "./message-actions";
import { OmissionNotes } from "./omission-notes";
import { ReplyEnding } from "./reply-ending";
import { Sources } from "./calls/sources";
import { ToolCall } from "./calls/tool-call";
import { TypingIndicator } from "~/components/primitives/typing-indicator";

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
  modelId: string | undefined;
  models: readonly ModelView[];
  /** When the answer was begun; undefined while it is written. */
  at: string | undefined;
  /** How long the model reasoned, if that is known. */
  reasoningMs: number | undefined;
  /** How far running calls of tools have come; undefined for an answer that has ended. */
  progress: readonly ToolProgress[] | undefined;
  /** Whether reasoning is shown while it is written. */
  opensReasoning: boolean;
  /** The node that writes the answer, where nodes are shown. */
  writer: string | undefined;
  /** Suggestions for what to do next are shown only under the last answer. */
  isLast: boolean;
  /** A message or a reply is already under way. */
  isBusy: boolean;
  /** The error of Retry or Continue. */
  problem: UserError | null;
  version: Version | undefined;
  download: Download;
  actions: MessageActions;
};

/** An answer. The same elements render it while it is written and afterwards, so that nothing moves. */
export const AssistantMessage = memo(function AssistantMessage(props: Props) {
  const { id, status, error, isLast, isBusy, models, modelId, at, actions } = props;
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
        ) : part.type === "reasoning" && part.text !== "" ? (
          <Reasoning
            key={index}
            text={part.text}
            isLive={isStreaming && index === parts.length - 1}
            opens={props.opensReasoning}
            durationMs={index === 0 ? props.reasoningMs : undefined}
          />
        ) : part.type === "dynamic-tool" ? (
          <ToolCall
            key={part.toolCallId}
            call={part}
            progress={props.progress?.find(({ toolCallId }) => toolCallId === part.toolCallId)}
            download={props.download}
            onDecide={actions.decide}
            onAllow={actions.allowTool}
          />
        ) : null,
      )}
      <Sources sources={sourcesIn(parts)} />
      <div className="message__foot">
        {isStreaming ? (
          !parts.some(isAsked) && <Writing node={props.writer} />
        ) : (
          <>
            {isLast && props.isShortened && <p className="message__note">{t("message.omitted")}</p>}
            {isLast && props.omissions && <OmissionNotes omissions={props.omissions} />}
            <ReplyEnding
              status={status}
              error={error ?? null}
              hasText={lastText >= 0}
              {...{ isLast, isBusy, models, modelId }}
              problem={props.problem}
              onRetry={(picked) => actions.retry(id, picked)}
              onContinue={() => actions.continueReply(id)}
              onFailed={actions.partFailed}
            />
            <AssistantTools
              id={id}
              text={lastText < 0 ? null : () => answerText(props.parts)}
              version={props.version}
              model={props.model}
              hasRetry={isLast && status !== "complete"}
              {...{ models, modelId, at, isBusy, actions }}
            />
          </>
        )}
      </div>
    </article>
  );
});

/** Whether the answer waits for the person. */
const isAsked = (part: Part) => part.type === "dynamic-tool" && isUndecided(part);

const ENDINGS = {
  streaming: "growing",
  complete: "whole",
  stopped: "cut",
  failed: "cut",
  interrupted: "cut",
} as const;

function Writing({ node }: { node: string | undefined }) {
  const { t } = useTranslation();
  return (
    <div className="message__writing">
      <TypingIndicator />
      {node !== undefined && <span className="message__note">{t("message.writtenBy", { node })}</span>}
    </div>
  );
}

type ReasoningProps = { text: string; isLive: boolean; opens: boolean; durationMs: number | undefined };

/** The reasoning of a model: folded, or open while it is written. */
function Reasoning({ text, isLive, opens, durationMs }: ReasoningProps) {
  const { t, i18n } = useTranslation();
  const settled =
    durationMs === undefined
      ? t("message.reasoning")
      : t("message.thoughtFor", { duration: formatDuration(durationMs, i18n.language) });
  return (
    <Disclosure
      className="reasoning"
      summary={isLive ? t("message.thinking") : settled}
      isOpen={isLive && opens}
    >
      <MarkdownText text={text} ending={isLive ? "growing" : "whole"} />
    </Disclosure>
  );
}

/** In seconds, from two minutes on in minutes. */
function formatDuration(ms: number, language: string): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  const [value, unit] = seconds < 120 ? [seconds, "second"] : [Math.round(seconds / 60), "minute"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}
