import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { PendingMessage } from "~/browser/chat-state";
import { sentenceFor, type Trouble } from "~/i18n/trouble";
import { WarningIcon } from "./icons";

type Props = {
  id: string;
  text: string;
  state: PendingMessage["state"];
  error: Trouble | null;
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
  const { t } = useTranslation();
  return (
    <article
      className="message message--user"
      aria-label={t("message.you")}
      data-message-id={id}
      data-state={state}
    >
      <p className="message__bubble" dir="auto">
        {text}
      </p>
      {state === "sending" && <p className="message__note message__note--late">{t("message.sending")}</p>}
      {state === "failed" && (
        <div className="message__trouble">
          <p role="alert" className="trouble">
            <WarningIcon />
            <span>
              <strong>{isWaiting ? t("message.notSentYet") : t("message.notSent")}</strong>{" "}
              {error && sentenceFor(t, error)}
              {isWaiting && ` ${t("message.waits")}`}
            </span>
          </p>
          <div className="message__actions">
            <button type="button" className="button" onClick={onTryAgain}>
              {t("message.tryAgain")}
            </button>
            <button type="button" className="button button--quiet" onClick={onEdit}>
              {t("message.edit")}
            </button>
          </div>
        </div>
      )}
    </article>
  );
});
