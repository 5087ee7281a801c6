import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";

/** Says that the browser does not store what the page gives it, and why. Shows nothing while it does. */
export function StorageNotice({ app }: { app: ChatApp }) {
  const { t } = useTranslation();
  if (app.isDurable()) return null;
  return <p className="notice">{t(app.isStorageFull() ? "app.storageFull" : "app.notDurable")}</p>;
}
