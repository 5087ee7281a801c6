import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { loadSession } from "~/browser/chat/load-session";
import { hashSessionId } from "~/conversation/session-hash";
import { newId } from "~/conversation/session-id";
import type { Share } from "~/conversation/session";
import { Dialog } from "~/components/primitives/dialog";
import { formatDate } from "~/components/primitives/format-date";
import { ShareIcon } from "~/components/primitives/icons";
import { LinkField } from "~/components/primitives/link-field";
import { ErrorNote } from "~/components/primitives/error-note";
import { useAttempt } from "~/components/hooks/use-attempt";

type Props = { app: ChatApp; conversationId: string; onClose: () => void };

/** Makes links to the current state of a conversation, and revokes them. */
export function ShareDialog({ app, conversationId, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const [shares, setShares] = useState<readonly Share[] | null>(null);
  const { attempt, isBusy, error, setError } = useAttempt();
  /** Kept until the server has answered, so that a repeated attempt does not make a second link. */
  const wanted = useRef<string | null>(null);
  const [api] = useState(() => app.api.session(conversationId));

  useEffect(() => {
    let isGone = false;
    loadSession(api).then(
      ({ shares: made = [] }) => !isGone && setShares(made),
      (error: unknown) => !isGone && setError(userErrorOf(error)),
    );
    return () => {
      isGone = true;
    };
  }, [api, setError]);

  const make = () =>
    attempt(async () => {
      const shareId = (wanted.current ??= newId());
      // Stored before the request: a link can be copied and revoked even if the answer is lost.
      app.shareLinks.keep(conversationId, shareId);
      try {
        const share = await api.share(shareId);
        wanted.current = null;
        setShares((before) => [...(before ?? []).filter(({ key }) => key !== share.key), share]);
      } catch (error) {
        if (!(error instanceof ApiError && error.isPassing)) app.shareLinks.drop(shareId);
        throw error;
      }
    });

  const secretOf = (key: string) =>
    app.shareLinks.find(conversationId).find((secret) => hashSessionId(secret) === key);

  const withdraw = (key: string) =>
    attempt(async () => {
      await api.revokeShare({ key });
      const secret = secretOf(key);
      if (secret !== undefined) app.shareLinks.drop(secret);
      setShares((before) => before && before.filter((share) => share.key !== key));
    });

  return (
    <Dialog title={t("share.title")} onClose={onClose} isWide>
      <p>{t("share.explanation")}</p>
      <ErrorNote error={error} />
      <button
        type="button"
        className="button button--primary dialog__main"
        aria-disabled={isBusy}
        onClick={() => void make()}
      >
        <ShareIcon />
        <span>{t("share.make")}</span>
      </button>
      {shares !== null && shares.length > 0 && (
        <>
          <h3 className="links__title">{t("share.links")}</h3>
          <ul className="links">
            {shares.toReversed().map(({ key, createdAt }) => {
              const secret = secretOf(key);
              const date = formatDate(createdAt, i18n.language);
              return (
                <li key={key} className="links__item">
                  <div className="links__head">
                    <span>{t("share.madeAt", { date })}</span>
                    <button
                      type="button"
                      className="button button--quiet"
                      aria-label={t("share.withdrawOf", { date })}
                      aria-disabled={isBusy}
                      onClick={() => void withdraw(key)}
                    >
                      {t("share.withdraw")}
                    </button>
                  </div>
                  {secret === undefined ? (
                    <p className="links__note">{t("share.madeElsewhere")}</p>
                  ) : (
                    <LinkField label={t("share.link")} url={`${window.location.origin}/share#${secret}`} />
                  )}
                </li>
              );
            })}
          </ul>
        </>
      )}
    </Dialog>
  );
}
