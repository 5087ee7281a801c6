import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { PendingMessage } from "~/browser/chat/chat-state";
import { attachmentParts } from "~/conversation/files/attachment";
import { plainText } from "~/conversation/reply/reply-text";
import type { UserMessage as SentMessage } from "~/conversation/session/session";
import type { Version } from "~/conversation/session/versions";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { Countdown } from "~/components/primitives/countdown";
import { CopyButton } from "~/components/primitives/copy-button";
import type { Download } from "./file-image";
import { IconButton } from "~/components/primitives/icon-button";
import { WarningIcon } from "~/components/primitives/icons";
import { EditIcon } from "~/components/primitives/more-icons";
import type { MessageActions } from "./message-actions";
import { MessageFiles } from "./message-files";
import { HiddenTools } from "./hidden-tools";
import { MessageTime } from "./message-time";
import { MessageEditor } from "./message-editor";
import { QuestionText } from "./question-text";
import { VersionSwitcher } from "./version-switcher";

type Props = {
  id: string;
  parts: SentMessage["parts"];
  download: Download;
  /** `settled`: the message is in the session. */
  state: PendingMessage["state"] | "settled";
  error: UserError | null;
  isWaiting: boolean;
  version: Version | undefined;
  isEditing: boolean;
  isBusy: boolean;
  isLast: boolean;
  /** When it was sent; undefined until it is settled. */
  at: string | undefined;
  actions: MessageActions;
};

/** A question. */
export const UserMessage = memo(function UserMessage(props: Props) {
  const { id, parts, download, state, version, isEditing, isBusy, isLast, at, actions } = props;
  const { t } = useTranslation();
  const files = useMemo(() => attachmentParts(parts), [parts]);
  const text = plainText(parts);
  return (
    <article
      className={`message message--user ${isLast ? "message--last" : ""}`}
      aria-label={t("message.you")}
      data-message-id={id}
      data-state={state === "settled" ? "accepted" : state}
    >
      {files.length > 0 && <MessageFiles files={files} download={download} />}
      {isEditing ? (
        <MessageEditor
          text={text}
          kept={actions.edits.read(id)}
          mayBeEmpty={files.length > 0}
          isBusy={isBusy}
          onChange={(edited) => actions.edits.put(id, edited)}
          onSend={(edited) => actions.edit(id, edited)}
          onCancel={() => actions.stopEditing(id, "discard")}
          onClose={() => actions.stopEditing(id, "keep")}
        />
      ) : (
        text.trim() !== "" && <QuestionText text={text} />
      )}
      {state === "settled" && !isEditing && (
        <div className="tools">
          <HiddenTools>
            <CopyButton text={() => text} label={t("message.copy")} />
            <IconButton
              label={t("message.edit")}
              icon={<EditIcon />}
              isWaiting={isBusy}
              onClick={() => actions.startEditing(id)}
            />
            {at !== undefined && <MessageTime at={at} />}
          </HiddenTools>
          <VersionSwitcher version={version} isBusy={isBusy} onShow={actions.showVersion} />
          {actions.edits.read(id) !== null && (
            <button type="button" className="button button--quiet" onClick={() => actions.startEditing(id)}>
              {t("message.unsentEdit")}
            </button>
          )}
        </div>
      )}
      {state === "sending" && <p className="message__note message__note--late">{t("message.sending")}</p>}
      {state === "failed" && <NotSent {...props} />}
    </article>
  );
});

function NotSent({ error, isWaiting, actions }: Pick<Props, "error" | "isWaiting" | "actions">) {
  const { t } = useTranslation();
  return (
    <div className="message__trouble">
      <p role="alert" className="trouble">
        <WarningIcon />
        <span>
          <strong>{isWaiting ? t("message.notSentYet") : t("message.notSent")}</strong>
          {/* That one has been signed out is said above the composer. */}
          {error && error.code !== "signed_out" && <span>{` ${sentenceFor(t, error)}`}</span>}
          {isWaiting && error?.retryAt === undefined && <span>{` ${t("message.waits")}`}</span>}
        </span>
      </p>
      <Countdown
        until={error?.retryAt}
        {...(isWaiting && { say: (time: string) => t("wait.goesOut", { time }) })}
      />
      <div className="message__actions">
        <button type="button" className="button" onClick={actions.trySendingAgain}>
          {t("message.tryAgain")}
        </button>
        <button type="button" className="button button--quiet" onClick={actions.editUnsent}>
          {t("message.edit")}
        </button>
      </div>
    </div>
  );
}
