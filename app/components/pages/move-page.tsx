import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { takeHandoff } from "~/browser/conversations/handoff";
import { SealError } from "~/browser/conversations/seal";
import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import type { UserError } from "~/i18n/user-error";
import { DeviceIcon } from "~/components/primitives/icons";
import { StorageNotice } from "~/components/primitives/storage-notice";
import { PlainPage } from "./plain-page";
import { ErrorNote } from "~/components/primitives/error-note";
import { useLinkSecret } from "~/components/hooks/use-link-secret";

/**
 * Takes the conversations that another device has left, after a click: the link works once, and may have been opened in
 * the wrong browser, such as that of a messenger.
 */
export function MovePage({ app }: { app: ChatApp }) {
  const { t } = useTranslation();
  const secret = useLinkSecret();
  const [error, setError] = useState<UserError | "noSecret" | null>(
    SESSION_ID_PATTERN.test(secret) ? null : "noSecret",
  );
  const [isBusy, setIsBusy] = useState(false);
  const [isOwn, setIsOwn] = useState(false);
  const isOver = error === "noSecret" || error?.code === "handoff_gone";

  useEffect(() => {
    document.documentElement.dataset.hydrated = "true";
  }, []);

  async function take() {
    setIsBusy(true);
    setError(null);
    try {
      const conversations = await takeHandoff(app, secret);
      app.conversations.remember(...conversations);
      if (conversations[0]) app.conversations.open(conversations[0].id);
      // Replaced in the history, since the link works only once.
      window.location.replace("/");
    } catch (error) {
      setError(error instanceof SealError ? "noSecret" : userErrorOf(error));
      setIsBusy(false);
    }
  }

  return (
    <PlainPage>
      <h1 className="plain__title">{t("move.heading")}</h1>
      <ErrorNote error={error === "noSecret" ? t("move.noSecret") : error} />
      {isOver ? (
        <>
          <p className="plain__note">{t("move.askAgain")}</p>
          <a className="button plain__action" href="/">
            {t("errorPage.open")}
          </a>
        </>
      ) : (
        <>
          <p className="plain__note">{t("move.here")}</p>
          <p className="plain__note">{t("move.readers")}</p>
          <p className="plain__note">
            <strong>{t("move.planted")}</strong>
          </p>
          <label className="plain__consent">
            <input type="checkbox" checked={isOwn} onChange={(event) => setIsOwn(event.target.checked)} />
            <span>{t("move.own")}</span>
          </label>
          <StorageNotice app={app} />
          <button
            type="button"
            className="button button--primary plain__action"
            aria-disabled={isBusy || !isOwn}
            onClick={() => !isBusy && isOwn && void take()}
          >
            <DeviceIcon />
            <span>{t("move.take")}</span>
          </button>
        </>
      )}
    </PlainPage>
  );
}
