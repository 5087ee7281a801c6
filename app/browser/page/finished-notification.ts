import type { TFunction } from "i18next";

/** Whether this browser can show notifications at all. */
export function canNotify(): boolean {
  return "Notification" in globalThis;
}

/** Asks for permission, if it was not asked for before. To be called from a click handler. */
export async function mayNotify(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

type Finished = {
  t: TFunction;
  /** Notifications of several tabs with the same tag replace each other. */
  tag: string;
  onClick: () => void;
};

/**
 * Shows a notification that an answer has ended, without its text or title: other people may see the screen, and
 * systems keep notifications where the page cannot delete them.
 */
export async function notifyFinished({ t, tag, onClick }: Finished): Promise<void> {
  if (!canNotify() || Notification.permission !== "granted") return;
  const options = { body: t("notification.body"), tag, icon: "/favicon.svg" };
  try {
    const notification = new Notification(t("notification.title"), options);
    notification.onclick = () => {
      window.focus();
      onClick();
      notification.close();
    };
  } catch {
    // On phones a page cannot show one by itself.
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.showNotification(t("notification.title"), options);
  }
}
