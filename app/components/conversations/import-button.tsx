import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { loadCode } from "~/browser/page/load-code";
import { newId } from "~/conversation/session-id";
import { UploadIcon } from "~/components/primitives/icons";

type Props = { app: ChatApp; onDone: () => void };

/** Takes files that were exported from here, and opens the conversation in the first. */
export function ImportButton({ app, onDone }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);

  async function importAll(files: File[]) {
    const ids: string[] = [];
    for (const file of files) {
      try {
        ids.push(await importOne(app, file));
      } catch (error) {
        app.toasts.failure((t, why) => t("transfer.failed", { name: file.name, why }), error);
      }
    }
    if (ids[0] !== undefined) app.conversations.open(ids[0]);
    onDone();
  }

  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        hidden
        aria-label={t("transfer.import")}
        onChange={({ target }) => {
          void importAll([...(target.files ?? [])]);
          target.value = "";
        }}
      />
      <button type="button" className="button" onClick={() => input.current?.click()}>
        <UploadIcon />
        <span>{t("transfer.import")}</span>
      </button>
    </>
  );
}

async function importOne(app: ChatApp, file: File): Promise<string> {
  const { importConversationFile } = await loadCode(
    () => import("~/browser/conversations/import-conversation-file"),
  );
  return importConversationFile({ ...app, newId }, await file.text());
}
