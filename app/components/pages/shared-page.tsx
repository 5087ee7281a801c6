import { useContext, useEffect, useState } from "react";
import { BrandContext } from "~/components/primitives/brand-context";
import { useTranslation } from "react-i18next";
import { userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { timestamp } from "~/browser/page/page-clock";
import { useObservable } from "~/browser/page/use-observable";
import { fileOfShare } from "~/conversation/files/file-of-share";
import { newId, SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import type { ShareSnapshot } from "~/conversation/files/share";
import { titleWithoutTags } from "~/conversation/reply/think-tags";
import type { UserError } from "~/i18n/user-error";
import { formatDate } from "~/components/primitives/format-date";
import { NewIcon } from "~/components/primitives/icons";
import { LoadingConversation } from "~/components/conversations/loading-conversation";
import { DrawingBoundary } from "~/components/primitives/drawing-boundary";
import { PlainPage } from "./plain-page";
import { UnformattedText } from "~/components/markdown/unformatted-text";
import { ArtifactTextsContext } from "~/components/markdown/artifact-texts";
import { SharedMessage } from "~/components/messages/shared-message";
import { Toaster } from "~/components/primitives/notices/toaster";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import { useLinkSecret } from "~/components/hooks/use-link-secret";

type Shared = { snapshot: ShareSnapshot } | { error: UserError | "noSecret" };

/** The read-only snapshot of a conversation behind a link. */
export function SharedPage({ app }: { app: ChatApp }) {
  const { t, i18n } = useTranslation();
  const { shared, tryAgain } = useShared(app);
  const [isCopying, setIsCopying] = useState(false);

  const snapshot = shared && "snapshot" in shared ? shared.snapshot : null;
  const { name } = useContext(BrandContext);
  const title = titleWithoutTags(snapshot?.title ?? "") || t("conversations.untitled");
  useEffect(() => {
    document.title = snapshot ? `${title} · ${name}` : name;
    document.documentElement.dataset.hydrated = "true";
  }, [name, snapshot, title]);

  async function continueInOwnCopy({ messages, ...rest }: ShareSnapshot) {
    setIsCopying(true);
    try {
      const id = newId();
      await app.api.session(id).import(JSON.stringify(fileOfShare({ messages, ...rest })));
      app.conversations.remember({ id, title: rest.title, updatedAt: timestamp(app.clock), saved: true });
      app.conversations.open(id);
      window.location.assign("/");
    } catch (error) {
      setIsCopying(false);
      app.toasts.failure((t, why) => t("share.notCopied", { why }), error);
    }
  }

  if (shared === null) {
    return (
      <PlainPage>
        <LoadingConversation isLate={false} />
      </PlainPage>
    );
  }
  if ("error" in shared) return <NothingShared error={shared.error} onTryAgain={tryAgain} />;
  const { createdAt, messages } = shared.snapshot;
  return (
    <PlainPage
      actions={
        <button
          type="button"
          className="button button--primary"
          aria-disabled={isCopying}
          onClick={() => !isCopying && void continueInOwnCopy(shared.snapshot)}
        >
          <NewIcon />
          <span>{t("share.continue")}</span>
        </button>
      }
    >
      <h1 className="plain__title" dir="auto">
        {title}
      </h1>
      <p className="plain__note">{t("share.readOnly", { date: formatDate(createdAt, i18n.language) })}</p>
      <ArtifactTextsContext.Provider value={() => messages.map(({ text }) => text)}>
        {messages.map((message) => (
          <DrawingBoundary key={message.id} fallback={<UnformattedText text={message.text} why="failed" />}>
            <SharedMessage message={message} />
          </DrawingBoundary>
        ))}
      </ArtifactTextsContext.Provider>
      <Toaster app={app} />
    </PlainPage>
  );
}

/** Reads the snapshot of the link in the page's address; null until it is read, or while the access code is asked for. */
function useShared(app: ChatApp): { shared: Shared | null; tryAgain: () => void } {
  const secret = useLinkSecret();
  const isShut = useObservable(app.access.isShut);
  const [shared, setShared] = useState<Shared | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isGone = false;
    const show = (next: Shared | null) => !isGone && setShared(next);
    if (!SESSION_ID_PATTERN.test(secret)) show({ error: "noSecret" });
    else if (!isShut) {
      show(null);
      app.api.readShare(secret).then(
        (snapshot) => show({ snapshot }),
        (error: unknown) => show({ error: userErrorOf(error) }),
      );
    }
    return () => {
      isGone = true;
    };
  }, [app, isShut, secret, tries]);
  return { shared, tryAgain: () => setTries(tries + 1) };
}

type NothingSharedProps = { error: UserError | "noSecret"; onTryAgain: () => void };

function NothingShared({ error, onTryAgain }: NothingSharedProps) {
  const { t } = useTranslation();
  return (
    <PlainPage>
      <h1 className="plain__title">{t("share.nothing")}</h1>
      <ErrorNote error={error === "noSecret" ? t("share.noSecret") : error} />
      {error !== "noSecret" && error.code !== "share_not_found" && (
        <button type="button" className="button plain__action" onClick={onTryAgain}>
          {t("dialog.tryAgain")}
        </button>
      )}
      <a className="button plain__action" href="/">
        {t("errorPage.open")}
      </a>
    </PlainPage>
  );
}
