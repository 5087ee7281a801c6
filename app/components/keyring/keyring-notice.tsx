import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { focusComposerIfLost } from "~/components/composer/focus-composer";
import { WarningIcon } from "~/components/primitives/icons";
import { keyringStateSentence } from "./keyring-state-line";

/** Phases that a person should know of without opening the settings. */
const TROUBLES: ReadonlySet<string> = new Set([
  "offline",
  "outdated",
  "full",
  "unreadable",
  "newer",
  "deleted",
]);

type Props = { app: ChatApp; onOpenSettings: () => void };

/**
 * Says, until it is dismissed, that the list of conversations is in this browser only. With the keyring on, says what is
 * wrong with it; nothing while nothing is.
 */
export function KeyringNotice({ app, onOpenSettings }: Props) {
  const { t } = useTranslation();
  const state = useObservable(app.keyring);
  const { list } = useObservable(app.conversations);
  const isDismissed = useObservable(app.listNotice);
  if (state.phase === "off") {
    if (isDismissed || !list.some(({ saved }) => saved)) return null;
    return (
      <section className="keyring-notice" aria-label={t("keyring.title")}>
        <p>{t("keyring.notice")}</p>
        <div className="keyring-notice__actions">
          <button type="button" className="button" onClick={onOpenSettings}>
            {t("keyring.noticeOpen")}
          </button>
          <button
            type="button"
            className="button button--quiet"
            onClick={() => {
              app.listNotice.dismiss();
              focusComposerIfLost();
            }}
          >
            {t("keyring.noticeDismiss")}
          </button>
        </div>
      </section>
    );
  }
  // Offline without changes, the list of this browser is as good as any.
  if (!TROUBLES.has(state.phase) || (state.phase === "offline" && !state.isWaiting)) return null;
  return (
    <button
      type="button"
      className="button button--quiet button--wide keyring-notice"
      onClick={onOpenSettings}
    >
      <WarningIcon />
      <span>{keyringStateSentence(t, state)}</span>
    </button>
  );
}
