import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { announcementOf } from "~/browser/announcement";
import type { ChatSession } from "~/browser/chat-session";

/** The one live region: an answer is announced when it begins and read out once when it has ended. */
export function Announcer({ chat }: { chat: ChatSession }) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  useEffect(() => {
    let before = chat.getSnapshot();
    return chat.subscribe(() => {
      const after = chat.getSnapshot();
      const announcement = announcementOf(before, after, t);
      before = after;
      if (announcement !== null) setWords(announcement);
    });
  }, [chat, t]);
  return (
    <div className="visually-hidden" aria-live="polite" aria-atomic="true">
      {words}
    </div>
  );
}
