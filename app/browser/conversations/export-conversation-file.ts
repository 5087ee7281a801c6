import { attachmentParts } from "~/conversation/files/attachment";
import { exportJson, exportMarkdown, type MarkdownLabels } from "~/conversation/files/export-conversation";
import { titleWithoutTags } from "~/conversation/reply/think-tags";
import type { SessionApi } from "~/browser/chat/session-api";
import { loadSession } from "~/browser/chat/load-session";

export type ExportFormat = "markdown" | "json";

/** A conversation, as the server has it now, as a file; and whether that names attachments, which it does not contain. */
export async function exportConversationFile(
  api: Pick<SessionApi, "load">,
  format: ExportFormat,
  labels: MarkdownLabels & { untitled: string },
): Promise<{ file: File; namesFiles: boolean }> {
  const session = await loadSession(api);
  const title = titleWithoutTags(session.title) || labels.untitled;
  const file =
    format === "json"
      ? new File([exportJson(session)], `${fileName(title)}.json`, { type: "application/json" })
      : new File([exportMarkdown({ ...session, title }, labels)], `${fileName(title)}.md`, {
          type: "text/markdown",
        });
  return { file, namesFiles: session.messages.some(({ parts }) => attachmentParts(parts).length > 0) };
}

/** The title without characters that some file systems refuse. */
export function fileName(title: string): string {
  const name = title
    .replace(/[\u0000-\u001f\u007f\\/:*?"<>|]+/g, " ")
    .replace(/\s+/g, " ")
    .slice(0, 80)
    .toWellFormed()
    .replace(/^[. ]+|[. ]+$/g, "");
  return name || "conversation";
}
