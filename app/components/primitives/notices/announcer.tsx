import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { createReadAloud } from "~/browser/page/announcement";
import type { ChatSession } from "~/browser/chat/chat-session";

/** The only live region. Announces that an answer begins, then adds its text in pieces to be read out. */
export function Announcer({ chat }: { chat: ChatSession }) {
  const { t } = useTranslation();
  const [readAloud] = useState(() => createReadAloud(chat.getSnapshot()));
  const [pieces, setPieces] = useState<readonly string[]>([]);
  useEffect(() => {
    let before = chat.getSnapshot();
    return chat.subscribe(() => {
      const after = chat.getSnapshot();
      const news = readAloud(before, after, t);
      const isNewAnswer = after.live !== null && after.live.replyId !== before.live?.replyId;
      before = after;
      if (news.length > 0) setPieces((said) => (isNewAnswer ? news : [...said, ...news]));
    });
  }, [chat, readAloud, t]);
  return (
    <div className="visually-hidden" aria-live="polite">
      {pieces.map((piece, index) => (
        <p key={index}>{piece}</p>
      ))}
    </div>
  );
}
