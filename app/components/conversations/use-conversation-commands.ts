import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Conversation } from "~/browser/conversations/conversation-list";
import type { ExportFormat } from "~/browser/conversations/export-conversation-file";
import { loadCode } from "~/browser/page/load-code";
import { saveBlob } from "~/browser/page/save-blob";
import type { ConversationCommand } from "./conversation-menu-items";

export type ConversationDialog = "share" | "move" | "folder" | "export";
export type OpenDialog = (dialog: ConversationDialog, ...conversationIds: string[]) => void;

export type ConversationCommands = {
  /** Runs a command that needs nothing of the place of the menu. */
  run: (
    command: Exclude<ConversationCommand, "rename" | "conversationSettings" | "select">,
    conversation: Pick<Conversation, "id">,
  ) => void;
  /** Changes the title, unless the conversation has it, or is gone by another tab. */
  rename: (conversationId: string, title: string) => void;
  failed: (error: unknown) => void;
};

/** The commands of the menu of a conversation, in the list and in the header. */
export function useConversationCommands(app: ChatApp, openDialog: OpenDialog): ConversationCommands {
  const { t } = useTranslation();
  return useMemo(() => {
    const failed = (error: unknown) => app.toasts.failure((t, why) => t("list.failed", { why }), error);

    async function save(conversationId: string, format: ExportFormat) {
      try {
        const { exportConversationFile } = await loadCode(
          () => import("~/browser/conversations/export-conversation-file"),
        );
        const labels = {
          you: t("message.you"),
          assistant: t("message.assistant"),
          untitled: t("conversations.untitled"),
        };
        const api = app.api.session(conversationId);
        const { file, namesFiles } = await exportConversationFile(api, format, labels);
        saveBlob(file, file.name);
        if (namesFiles) app.toasts.info((t) => t("list.exportedNames"));
      } catch (error) {
        failed(error);
      }
    }

    return {
      run(command, { id }) {
        if (command === "pin" || command === "unpin") {
          app.conversations.edit([id], { pinned: command === "pin" });
        }
        if (command === "print") window.print();
        if (command === "delete") app.remove(id);
        if (command === "archive" || command === "unarchive") app.archive([id], command === "archive");
        if (command === "share" || command === "move" || command === "folder") openDialog(command, id);
        if (command === "exportMarkdown") void save(id, "markdown");
        if (command === "exportJson") void save(id, "json");
      },
      rename(conversationId, title) {
        const known = app.conversations.find(conversationId);
        if (known && title !== known.title) void app.rename(conversationId, title);
      },
      failed,
    };
  }, [app, openDialog, t]);
}
