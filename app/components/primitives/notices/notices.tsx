import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import type { ChatState } from "~/browser/chat/chat-state";
import { sentenceFor } from "~/i18n/user-error";
import { Countdown } from "~/components/primitives/countdown";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon, WarningIcon } from "~/components/primitives/icons";
import { StorageNotice } from "./storage-notice";

type Props = { chat: ChatSession; state: ChatState; app: ChatApp };

/** Notices about the conversation as a whole, above the composer. */
export function Notices({ chat, state, app }: Props) {
  const { t } = useTranslation();
  const { phase, problem } = state;
  const signedOut = [problem?.error, state.pending?.error].find((error) => error?.code === "signed_out");
  return (
    <div className="notices">
      {signedOut && (
        <div className="notice notice--trouble" role="alert">
          <WarningIcon />
          <span>{sentenceFor(t, signedOut)}</span>
          <button type="button" className="button button--quiet" onClick={signInAgain}>
            {t("dialog.signInAgain")}
          </button>
        </div>
      )}
      {problem && problem.messageId === null && !signedOut && (
        <div className="notice notice--trouble" role="alert">
          <WarningIcon />
          <span>
            <span>{`${sentenceFor(t, problem.error)} `}</span>
            <Countdown until={problem.error.retryAt} />
          </span>
          {phase === "refused" ? (
            <button type="button" className="button button--quiet" onClick={chat.wake}>
              {t("dialog.tryAgain")}
            </button>
          ) : (
            <IconButton label={t("dialog.dismiss")} icon={<CloseIcon />} onClick={chat.dismissProblem} />
          )}
        </div>
      )}
      <StorageNotice app={app} />
    </div>
  );
}

/** The page itself is what a proxy answers with its sign-in. What is written and not sent outlives the reload. */
function signInAgain() {
  window.location.reload();
}
