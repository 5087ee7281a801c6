import { useState } from "react";
import { useTranslation } from "react-i18next";
import { leafOf, type ChatState } from "~/browser/chat/chat-state";
import { plainText } from "~/conversation/reply/reply-text";
import { DownIcon } from "./icons";

/** Scrolls to the end. Shown while the person reads further up; says when new text has arrived since then. */
export function JumpButton({ state, onJump }: { state: ChatState; onJump: () => void }) {
  const { t } = useTranslation();
  const end = endOf(state);
  const [before] = useState(end);
  const hasNew = end.messageId !== before.messageId ? end.length > 0 : end.length > before.length;
  return (
    <button type="button" className="jump" data-new={hasNew} onClick={onJump}>
      <DownIcon />
      <span>{hasNew ? t("conversation.newBelow") : t("conversation.jump")}</span>
    </button>
  );
}

/** Identifies the last message and its length. A reply counts as the same message before and after it settles. */
function endOf(state: ChatState): { messageId: string | null; length: number } {
  const { live, session } = state;
  if (live) return { messageId: live.messageId, length: plainText(live.shown.parts).length };
  const messageId = leafOf(state);
  const last = session?.messages.find(({ id }) => id === messageId);
  return { messageId, length: last ? plainText(last.parts).length : 0 };
}
