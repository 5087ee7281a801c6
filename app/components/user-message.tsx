import { memo } from "react";
import type { PendingMessage } from "~/browser/chat-state";
import { WarningIcon } from "./icons";

type Props = {
  id: string;
  text: string;
  state: PendingMessage["state"];
  error: string | null;
  isWaiting: boolean;
  onTryAgain: () => void;
  onEdit: () => void;
};

export const UserMessage = memo(function UserMessage({
  id,
  text,
  state,
  error,
  isWaiting,
  onTryAgain,
  onEdit,
}: Props) {
  return (
    <article className="message message--user" aria-label="You" data-message-id={id} data-state={state}>
      <p className="message__bubble" dir="auto">
        {text}
      </p>
      {state === "sending" && <p className="message__note message__note--late">Sending…</p>}
      {state === "failed" && (
        <div className="message__trouble">
          <p role="alert" className="trouble">
            <WarningIcon />
            <span>
              <strong>{isWaiting ? "Not sent yet." : "Not sent."}</strong> {error}
              {isWaiting && " It is kept here, and goes out when the connection is back."}
            </span>
          </p>
          <div className="message__actions">
            <button type="button" className="button" onClick={onTryAgain}>
              Try again
            </button>
            <button type="button" className="button button--quiet" onClick={onEdit}>
              Edit
            </button>
          </div>
        </div>
      )}
    </article>
  );
});
