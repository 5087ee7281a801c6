import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { ApiError, userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { KEYRING_LINK, takeHandoff } from "~/browser/conversations/handoff";
import { SealError } from "~/browser/conversations/seal";
import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import type { UserError } from "~/i18n/user-error";
import { DeviceIcon } from "~/components/primitives/more-icons";
import { StorageNotice } from "~/components/primitives/notices/storage-notice";
import { PlainPage } from "./plain-page";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { useLinkSecret } from "~/components/hooks/use-link-secret";

/**
 * Takes what another device has left, conversations or the way to its list, after a click: the link works once, and may
 * have been opened in the wrong browser, such as that of a messenger.
 */
export function MovePage({ app }: { app: ChatApp }) {
  const { t } = useTranslation();
  const link = useLinkSecret();
  const isList = link.startsWith(KEYRING_LINK);
  const secret = isList ? link.slice(KEYRING_LINK.length) : link;
  const [isIncomplete, setIsIncomplete] = useState(!SESSION_ID_PATTERN.test(secret));
  const [error, setError] = useState<UserError | string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [isOwn, setIsOwn] = useState(false);
  /** The secret of the other device's list, once the link has been used. */
  const [taken, setTaken] = useState<string | null>(null);
  const isGone = typeof error === "object" && error?.code === "handoff_gone";
  const isOver = isIncomplete || isGone;

  useEffect(() => {
    document.documentElement.dataset.hydrated = "true";
  }, []);

  async function take() {
    setIsBusy(true);
    setError(null);
    try {
      await (isList ? joinList() : takeConversations());
      // Replaced in the history, since the link works only once.
      window.location.replace("/");
    } catch (error) {
      if (error instanceof SealError) setIsIncomplete(true);
      else setError(isList ? await listProblem(t, error) : userErrorOf(error));
      setIsBusy(false);
    }
  }

  async function joinList() {
    // The link works once, but joining may be tried again.
    const keyringSecret = taken ?? (await takeHandoff(app, secret)).keyringSecret;
    if (keyringSecret === null) throw new SealError("There is no list in this box.");
    setTaken(keyringSecret);
    await (await app.keyring.load()).join(keyringSecret);
  }

  async function takeConversations() {
    const { conversations } = await takeHandoff(app, secret);
    app.conversations.remember(...conversations);
    if (conversations[0]) app.conversations.open(conversations[0].id);
  }

  return (
    <PlainPage>
      <h1 className="plain__title">{t(isList ? "keyring.handoff.heading" : "move.heading")}</h1>
      <ErrorNote error={isIncomplete ? t("move.noSecret") : error} />
      {isOver ? (
        <>
          <p className="plain__note">{t("move.askAgain")}</p>
          <a className="button plain__action" href="/">
            {t("errorPage.open")}
          </a>
        </>
      ) : (
        <>
          <p className="plain__note">{t(isList ? "keyring.handoff.here" : "move.here")}</p>
          {!isList && <p className="plain__note">{t("move.readers")}</p>}
          <p className="plain__note">
            <strong>{t(isList ? "keyring.handoff.planted" : "move.planted")}</strong>
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
            <span>{t(isList ? "keyring.handoff.take" : "move.take")}</span>
          </button>
        </>
      )}
    </PlainPage>
  );
}

/** What went wrong with joining a list. Its sentences come with the code of the keyring, which few pages need. */
async function listProblem(t: TFunction, error: unknown): Promise<UserError | string> {
  if (error instanceof ApiError) return userErrorOf(error);
  const { keyringProblem } = await import("~/components/keyring/keyring-problem");
  return keyringProblem(t, error);
}
