import type { ChatSession } from "~/browser/chat-session";
import type { ChatState } from "~/browser/chat-state";
import { CloseIcon, WarningIcon } from "./icons";

type Props = { chat: ChatSession; state: ChatState; isDurable: boolean };

/** What the person should know about the conversation as a whole, above the place where they write. */
export function Notices({ chat, state, isDurable }: Props) {
  const { phase, problem } = state;
  return (
    <div className="notices">
      {problem && problem.messageId === null && (
        <div className="notice notice--trouble" role="alert">
          <WarningIcon />
          <span>{problem.message}</span>
          {phase === "refused" ? (
            <button type="button" className="button button--quiet" onClick={chat.wake}>
              Try again
            </button>
          ) : (
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={chat.dismissProblem}>
              <CloseIcon />
            </button>
          )}
        </div>
      )}
      {!isDurable && (
        <p className="notice">
          This browser does not let the page keep anything, so the way back to this conversation is lost when
          you close the tab.
        </p>
      )}
    </div>
  );
}
