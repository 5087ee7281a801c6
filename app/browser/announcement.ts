import type { TFunction } from "i18next";
import { plainText } from "~/conversation/reply-text";
import type { AssistantMessage } from "~/conversation/session";
import type { ChatState } from "./chat-state";
import { sentenceFor } from "~/i18n/trouble";
import { spokenText } from "./spoken-text";

/** What a screen reader is told of a change, if anything: that an answer begins, then the whole answer, once. */
export function announcementOf(before: ChatState, after: ChatState, t: TFunction): string | null {
  if (after.live && after.live.replyId !== before.live?.replyId) return t("announcement.answering");
  if (!before.live || after.live) return null;
  const settled = after.session?.messages.find(({ id }) => id === before.live?.messageId);
  if (settled?.role !== "assistant") return null;
  return [spokenText(plainText(settled.parts)), endingOf(settled, t)].filter(Boolean).join("\n\n");
}

function endingOf({ metadata }: AssistantMessage, t: TFunction): string {
  switch (metadata.status) {
    case "complete":
      return "";
    case "stopped":
      return t("announcement.stopped");
    case "failed":
      return metadata.error ? sentenceFor(t, metadata.error) : t("announcement.failed");
    case "interrupted":
      return t("announcement.interrupted");
  }
}
