import type { ReplyStatus } from "~/conversation/session";
import { ContinueIcon, RetryIcon, WarningIcon } from "./icons";

type Props = {
  status: ReplyStatus;
  error: string | null;
  hasText: boolean;
  canAsk: boolean;
  isBusy: boolean;
  problem: string | null;
  onRetry: () => void;
  onContinue: () => void;
};

/** How an answer ended, if not as it should have, and what the person can do about it. */
export function ReplyEnding({ status, error, hasText, canAsk, isBusy, problem, onRetry, onContinue }: Props) {
  if (status === "complete" && !problem) return null;
  const canContinue = hasText && status !== "complete";
  return (
    <>
      {status === "stopped" && <p className="message__note">Stopped</p>}
      {status === "failed" && (
        <Trouble text={error ?? "The answer failed. Nothing that was written is lost."} />
      )}
      {status === "interrupted" && <Trouble text={interruptedText(hasText, error)} />}
      {problem && <Trouble text={problem} isNew />}
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
              Continue
            </button>
          )}
          <button
            type="button"
            className={canContinue ? "button button--quiet" : "button"}
            aria-disabled={isBusy}
            onClick={isBusy ? undefined : onRetry}
          >
            <RetryIcon />
            Retry
          </button>
        </div>
      )}
    </>
  );
}

function interruptedText(hasText: boolean, error: string | null): string {
  const what = hasText
    ? "This answer was cut off. Everything up to here is kept."
    : "This answer was cut off before its first word.";
  return error === null ? what : `${what} ${error}`;
}

/** Read out as an alert only when it has just happened: an old failure is part of the text. */
function Trouble({ text, isNew = false }: { text: string; isNew?: boolean }) {
  return (
    <p className="trouble" role={isNew ? "alert" : undefined}>
      <WarningIcon />
      <span>{text}</span>
    </p>
  );
}
