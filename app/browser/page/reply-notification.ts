import type { TFunction } from "i18next";

/** Whether this browser can show notifications at all. */
export function canNotify(): boolean {
  return "Notification" in globalThis;
}

/** Asks for permission, if it was not asked for before. To be called from a click handler. */
export async function mayNotify(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

/** What there is to tell: an answer has ended, or waits for a decision. */
export type ReplyNews = "ended" | "asks";

type Notified = {
  t: TFunction;
  /** Notifications of several tabs with the same tag replace each other. */
  tag: string;
  onClick: () => void;
};

/**
 * Shows a notification about an answer, without its text or title: other people may see the screen, and
 * systems keep notifications where the page cannot delete them.
 */
export async function notifyOf(news: ReplyNews, { t, tag, onClick }: Notified): Promise<void> {
  if (!canNotify() || Notification.permission !== "granted") return;
  const isAsking = news === "asks";
  const title = t(`notification.${isAsking ? "asksTitle" : "title"}`);
  const options = { body: t(`notification.${isAsking ? "asksBody" : "body"}`), tag, icon: "/favicon.svg" };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      onClick();
      notification.close();
    };
  } catch {
    // On phones a page cannot show one by itself.
    const registration = await navigator.serviceWorker?.getRegistration();
    // Permission may have been withdrawn meanwhile.
    await registration?.showNotification(title, options).catch(() => undefined);
  }
}
