import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { ReplyStatus } from "~/conversation/session";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { Countdown } from "~/components/primitives/countdown";
import { ContinueIcon, RetryIcon, WarningIcon } from "~/components/primitives/icons";

type Props = {
  status: ReplyStatus;
  error: UserError | null;
  hasText: boolean;
  canAsk: boolean;
  isBusy: boolean;
  problem: UserError | null;
  onRetry: () => void;
  onContinue: () => void;
};

/** How an answer ended, if not as it should have, and what the person can do about it. */
export function ReplyEnding({ status, error, hasText, canAsk, isBusy, problem, onRetry, onContinue }: Props) {
  const { t } = useTranslation();
  if (status === "complete" && !problem) return null;
  const canContinue = hasText && status !== "complete" && error?.code !== "answer_too_long";
  return (
    <>
      {status === "stopped" && <p className="message__note">{t("message.stopped")}</p>}
      {status === "failed" && <StatusNote text={error ? sentenceFor(t, error) : t("message.failed")} />}
      {status === "interrupted" && <StatusNote text={interruptedText(t, hasText, error)} />}
      {problem && <StatusNote text={sentenceFor(t, problem)} isNew />}
      <Countdown until={problem?.retryAt} />
      {canAsk && status !== "complete" && (
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
            onClick={isBusy ? undefined : onRetry}
          >
            <RetryIcon />
            <span>{t("message.retry")}</span>
          </button>
        </div>
      )}
    </>
  );
}

function interruptedText(t: TFunction, hasText: boolean, error: UserError | null): string {
  const what = hasText ? t("message.interrupted") : t("message.interruptedAtOnce");
  return error === null ? what : `${what} ${sentenceFor(t, error)}`;
}

/** Read out as an alert only when it has just happened: an old failure is part of the text. */
function StatusNote({ text, isNew = false }: { text: string; isNew?: boolean }) {
  return (
    <p className="trouble" role={isNew ? "alert" : undefined}>
      <WarningIcon />
      <span>{text}</span>
    </p>
  );
}
