import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { SharedMessage as Shared } from "~/conversation/files/share";
import { SharedCall } from "./calls/shared-call";
import { Sources } from "./calls/sources";
import { FileIcon } from "~/components/primitives/more-icons";
import { splitThoughts } from "~/conversation/reply/think-tags";
import { MarkdownText } from "~/components/markdown/markdown-text";

/** A message without actions. */
export const SharedMessage = memo(function SharedMessage({ message }: { message: Shared }) {
  const { t } = useTranslation();
  const { id, role, text, attachments } = message;
  if (role === "assistant") {
    return (
      <article
        className="message message--assistant"
        aria-label={t("message.assistant")}
        data-message-id={id}
        data-status="complete"
      >
        {message.calls?.map((call, index) => (
          <SharedCall key={index} call={call} />
        ))}
        <MarkdownText text={splitThoughts(text).text} ending="whole" />
        <Sources sources={message.sources ?? []} />
        <div className="message__foot" />
      </article>
    );
  }
  return (
    <article className="message message--user" aria-label={t("message.you")} data-message-id={id}>
      {attachments.map((name, index) => (
        <p key={index} className="shared-file" dir="auto">
          <FileIcon />
          <span>{name}</span>
        </p>
      ))}
      {text !== "" && (
        <p className="message__bubble" dir="auto">
          {text}
        </p>
      )}
    </article>
  );
});
