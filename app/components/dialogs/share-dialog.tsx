import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { copyAwaited } from "~/browser/page/copy-text";
import { loadSession } from "~/browser/chat/load-session";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Share } from "~/conversation/session/session";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { formatDate } from "~/components/primitives/format-date";
import { ShareIcon } from "~/components/primitives/icons";
import { CopyIcon } from "~/components/primitives/more-icons";
import { LinkField } from "~/components/primitives/link-field";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { useAttempt } from "~/components/hooks/use-attempt";

type Props = { app: ChatApp; conversationId: string; onClose: () => void };

/** Makes links to the current state of a conversation, copies them, and revokes them. */
export function ShareDialog({ app, conversationId, onClose }: Props) {
  const { t } = useTranslation();
  const [shares, setShares] = useState<readonly Share[] | null>(null);
  /** When the conversation was last changed; null until that is known. */
  const [changedAt, setChangedAt] = useState<string | null>(null);
  const [hasCalls, setHasCalls] = useState(false);
  const [withArguments, setWithArguments] = useState(false);
  const [copied, setCopied] = useState<boolean | null>(null);
  const { attempt, isBusy, error, setError } = useAttempt();
  /** Kept until the server has answered, so that a repeated attempt does not make a second link. */
  const wanted = useRef<string | null>(null);
  const [api] = useState(() => app.api.session(conversationId));
  const secretOf = (key: string) =>
    app.shareLinks.find(conversationId).find((secret) => hashSessionId(secret) === key);
  /** The secret of a link to the conversation as it is now, if there is one already. */
  const current = (withArguments ? [] : shares)
    ?.filter(({ createdAt }) => changedAt !== null && createdAt >= changedAt)
    .map(({ key }) => secretOf(key))
    .findLast((secret) => secret !== undefined);
  const isLoading = shares === null && error === null;

  useEffect(() => {
    let isGone = false;
    loadSession(api).then(
      ({ shares: made = [], updatedAt, messages }) => {
        if (isGone) return;
        setHasCalls(messages.some(({ parts }) => parts.some(({ type }) => type === "dynamic-tool")));
        setShares(made);
        setChangedAt(updatedAt);
      },
      (error: unknown) => !isGone && setError(userErrorOf(error)),
    );
    return () => {
      isGone = true;
    };
  }, [api, setError]);

  /** Resolves with the secret of the link. */
  async function make(): Promise<string> {
    const shareId = (wanted.current ??= newId());
    // Stored before the request: a link can be copied and revoked even if the answer is lost.
    app.shareLinks.keep(conversationId, shareId);
    try {
      const share = await api.share({ shareId, ...(withArguments && { withArguments }) });
      wanted.current = null;
      setShares((before) => [...(before ?? []).filter(({ key }) => key !== share.key), share]);
      return shareId;
    } catch (error) {
      if (!(error instanceof ApiError && error.isPassing)) app.shareLinks.drop(shareId);
      throw error;
    }
  }

  const copy = () =>
    attempt(async () => {
      setCopied(null);
      const secret = current === undefined ? make() : Promise.resolve(current);
      setCopied(await copyAwaited(secret.then(addressOf)));
    });

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
      {hasCalls && (
        <ArgumentsField
          isChecked={withArguments}
          onChange={(isChecked) => {
            wanted.current = null;
            setWithArguments(isChecked);
          }}
        />
      )}
      <button
        type="button"
        className="button button--primary dialog__main"
        aria-disabled={isBusy || isLoading}
        onClick={() => !isLoading && void copy()}
      >
        {current ? <CopyIcon /> : <ShareIcon />}
        <span>{current ? t("share.copy") : t("share.make")}</span>
      </button>
      <p className="links__note" role="status">
        {copied !== null && (copied ? t("share.copied") : t("share.copyYourself"))}
      </p>
      {shares !== null && shares.length > 0 && (
        <Links {...{ shares, isBusy, secretOf }} onRevoke={(key) => void withdraw(key)} />
      )}
    </Dialog>
  );
}

function ArgumentsField({
  isChecked,
  onChange,
}: {
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
}) {
  const { t } = useTranslation();
  return (
    <label className="settings__check">
      <input type="checkbox" checked={isChecked} onChange={({ target }) => onChange(target.checked)} />
      <span>{t("share.withArguments")}</span>
    </label>
  );
}

type LinksProps = {
  shares: readonly Share[];
  isBusy: boolean;
  /** The secret of a link, if it was made in this browser. */
  secretOf: (key: string) => string | undefined;
  onRevoke: (key: string) => void;
};

function Links({ shares, isBusy, secretOf, onRevoke }: LinksProps) {
  const { t, i18n } = useTranslation();
  return (
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
                  onClick={() => onRevoke(key)}
                >
                  {t("share.withdraw")}
                </button>
              </div>
              {secret === undefined ? (
                <p className="links__note">{t("share.madeElsewhere")}</p>
              ) : (
                <LinkField label={t("share.link")} url={addressOf(secret)} />
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function addressOf(secret: string): string {
  return `${window.location.origin}/share#${secret}`;
}
