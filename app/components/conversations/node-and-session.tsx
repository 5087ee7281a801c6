import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { hashSessionId, sessionFingerprint } from "~/conversation/session/session-hash";

/** For operators: the node behind the last answer, and what tells the open session from others. */
export function NodeAndSession({ app }: { app: Pick<ChatApp, "conversations" | "node"> }) {
  const { t } = useTranslation();
  const { currentId } = useObservable(app.conversations);
  const node = useObservable(app.node);
  return (
    <>
      <span data-testid="node-name">{t("conversations.node", { name: node })}</span>
      <span data-testid="session-fingerprint" title={t("conversations.fingerprintHint")}>
        {t("conversations.session", { fingerprint: sessionFingerprint(hashSessionId(currentId)) })}
      </span>
    </>
  );
}
