import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import type { ChatState } from "~/browser/chat/chat-state";
import { sentenceFor } from "~/i18n/user-error";
import { Countdown } from "./countdown";
import { IconButton } from "./icon-button";
import { CloseIcon, WarningIcon } from "./icons";
import { StorageNotice } from "./storage-notice";

type Props = { chat: ChatSession; state: ChatState; app: ChatApp };

/** Notices about the conversation as a whole, above the composer. */
export function Notices({ chat, state, app }: Props) {
  const { t } = useTranslation();
  const { phase, problem } = state;
  return (
    <div className="notices">
      {problem && problem.messageId === null && (
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
