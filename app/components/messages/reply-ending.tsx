import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { ModelView } from "~/conversation/api";
import type { ReplyError, ReplyStatus } from "~/conversation/session/session";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { Countdown } from "~/components/primitives/countdown";
import { Disclosure } from "~/components/primitives/overlays/disclosure";
import { RetryIcon, WarningIcon } from "~/components/primitives/icons";
import { ContinueIcon } from "~/components/primitives/more-icons";
import { OtherModel } from "./other-model";

type Props = {
  status: ReplyStatus;
  error: ReplyError | null;
  hasText: boolean;
  isLast: boolean;
  isBusy: boolean;
  problem: UserError | null;
  models: readonly ModelView[];
  modelId: string | undefined;
  /** Asks again: the given model, or that of the conversation. */
  onRetry: (modelId?: string) => void;
  onContinue: () => void;
  onFailed: (error: unknown) => void;
};

/** The status of an answer that did not complete, with the actions for it. */
export function ReplyEnding(props: Props) {
  const { status, error, hasText, isLast, isBusy, problem, models, modelId } = props;
  const { onRetry, onContinue, onFailed } = props;
  const { t } = useTranslation();
  if (status === "complete" && !problem) return null;
  if (!isLast && !problem) return <EarlierEnding status={status} error={error} />;
  const canContinue = hasText && status !== "complete" && error?.code !== "answer_too_long";
  return (
    <>
      {status === "stopped" && <p className="message__note">{t("message.stopped")}</p>}
      {status === "failed" && (
        <StatusNote text={error ? sentenceFor(t, error) : t("message.failed")} cause={error?.detail} />
      )}
      {status === "interrupted" && (
        <StatusNote text={interruptedText(t, hasText, error)} cause={error?.detail} />
      )}
      {problem && <StatusNote text={sentenceFor(t, problem)} isNew />}
      <Countdown until={problem?.retryAt} />
      {isLast && status !== "complete" && (
        <div className="message__actions">
          {canContinue && (
            <button
              type="button"
              className="button"
              aria-disabled={isBusy}
              onClick={isBusy ? undefined : onContinue}
            >
              <ContinueIcon />
              <span>{t("message.continue")}</span>
            </button>
          )}
          <button
            type="button"
            className={canContinue ? "button button--quiet" : "button"}
            aria-disabled={isBusy}
            onClick={() => !isBusy && onRetry()}
          >
            <RetryIcon />
            <span>{t("message.retry")}</span>
          </button>
          <OtherModel {...{ models, modelId, isBusy, onFailed }} hasWords onPick={onRetry} />
        </div>
      )}
    </>
  );
}

/** Of an answer that is not the last: without colour, and without advice, since its buttons are gone. */
function EarlierEnding({ status, error }: Pick<Props, "status" | "error">) {
  const { t } = useTranslation();
  if (status === "stopped") return <p className="message__note">{t("message.stopped")}</p>;
  const what = status === "failed" ? t("announcement.failed") : t("announcement.interrupted");
  if (error?.detail === undefined) return <p className="message__note">{what}</p>;
  return <Disclosure summary={what}>{error.detail}</Disclosure>;
}

function interruptedText(t: TFunction, hasText: boolean, error: UserError | null): string {
  const what = hasText ? t("message.interrupted") : t("message.interruptedAtOnce");
  return error === null ? what : `${what} ${sentenceFor(t, error)}`;
}

type StatusNoteProps = {
  text: string;
  /** What the model's server said. */
  cause?: string | undefined;
  isNew?: boolean;
};

/** An alert only for a new failure; an old one is read as part of the text. */
function StatusNote({ text, cause, isNew = false }: StatusNoteProps) {
  const { t } = useTranslation();
  return (
    <div className="trouble" role={isNew ? "alert" : undefined}>
      <WarningIcon />
      <div className="trouble__text">
        <p>{text}</p>
        {cause !== undefined && (
          <Disclosure summary={t("message.cause")}>
            <p dir="auto">{cause}</p>
          </Disclosure>
        )}
      </div>
    </div>
  );
}
