import type { TFunction } from "i18next";
import { useCallback, useId, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat-app";
import { groupConversations, type ConversationGroup } from "~/browser/conversation-groups";
import type { ExportFormat } from "~/browser/export-conversation-file";
import type { Conversation } from "~/browser/conversations";
import { loadCode } from "~/browser/load-code";
import { saveBlob } from "~/browser/save-blob";
import { useObservable } from "~/browser/use-observable";
import { ConversationRow } from "./conversation-row";
import { useToday } from "./use-today";

export type ConversationDialog = "share" | "move";
export type OpenDialog = (dialog: ConversationDialog, conversationId: string) => void;

type Props = {
  app: ChatApp;
  list: readonly Conversation[];
  currentId: string;
  /** A conversation was chosen, perhaps the one that is shown. */
  onChoose: () => void;
  onOpenDialog: OpenDialog;
};

/** Conversations by the time since they were last written to. */
export function ConversationList({ app, list, currentId, onChoose, onOpenDialog }: Props) {
  const { t, i18n } = useTranslation();
  const unread = useObservable(app.unread);
  const today = useToday();
  const groups = useMemo(() => groupConversations(list, today), [list, today]);
  const id = useId();

  const open = useCallback(
    (conversationId: string) => {
      app.conversations.open(conversationId);
      onChoose();
    },
    [app, onChoose],
  );
  const rename = useCallback(
    (conversationId: string, title: string) => void app.rename(conversationId, title),
    [app],
  );
  const failed = useCallback(
    (error: unknown) => app.toasts.complain((t, why) => t("list.failed", { why }), error),
    [app],
  );
  const save = useCallback(
    async (conversationId: string, format: ExportFormat) => {
      try {
        const { exportConversationFile } = await loadCode(() => import("~/browser/export-conversation-file"));
        const labels = {
          you: t("message.you"),
          assistant: t("message.assistant"),
          untitled: t("conversations.untitled"),
        };
        const file = await exportConversationFile(app.api.session(conversationId), format, labels);
        saveBlob(file, file.name);
      } catch (error) {
        failed(error);
      }
    },
    [app, failed, t],
  );
  const command = useCallback<Parameters<typeof ConversationRow>[0]["onCommand"]>(
    (wanted, { id: conversationId, pinned }) => {
      if (wanted === "pin") app.conversations.pin(conversationId, !pinned);
      if (wanted === "delete") app.remove(conversationId);
      if (wanted === "share" || wanted === "move") onOpenDialog(wanted, conversationId);
      if (wanted === "exportMarkdown") void save(conversationId, "markdown");
      if (wanted === "exportJson") void save(conversationId, "json");
    },
    [app, onOpenDialog, save],
  );

  return groups.map((group, index) => (
    <section key={`${group.kind} ${group.month?.getTime() ?? ""}`} aria-labelledby={`${id}${index}`}>
      <h2 className="sidebar__group" id={`${id}${index}`}>
        {nameOf(group, t, i18n.language)}
      </h2>
      <ul>
        {group.conversations.map((conversation) => (
          <ConversationRow
            key={conversation.id}
            conversation={conversation}
            isCurrent={conversation.id === currentId}
            isUnread={unread.includes(conversation.id)}
            onOpen={open}
            onRename={rename}
            onCommand={command}
            onFailed={failed}
          />
        ))}
      </ul>
    </section>
  ));
}

function nameOf({ kind, month }: ConversationGroup, t: TFunction, language: string): string {
  if (month === null) return kind === "month" ? "" : t(`list.groups.${kind}`);
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(month);
}
