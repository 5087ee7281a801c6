import { plainText } from "~/conversation/reply-text";
import type { AssistantMessage } from "~/conversation/session";
import type { ChatState } from "./chat-state";
import { spokenText } from "./spoken-text";

/** What a screen reader is told of a change, if anything: that an answer begins, then the whole answer, once. */
export function announcementOf(before: ChatState, after: ChatState): string | null {
  if (after.live && after.live.replyId !== before.live?.replyId) return "Assistant is answering…";
  if (!before.live || after.live) return null;
  const settled = after.session?.messages.find(({ id }) => id === before.live?.messageId);
  if (settled?.role !== "assistant") return null;
  return [spokenText(plainText(settled.parts)), endingOf(settled)].filter(Boolean).join("\n\n");
}

function endingOf({ metadata }: AssistantMessage): string {
  switch (metadata.status) {
    case "complete":
      return "";
    case "stopped":
      return "Stopped.";
    case "failed":
      return metadata.error?.message ?? "The answer failed.";
    case "interrupted":
      return "This answer was cut off.";
  }
}
