import type { TFunction } from "i18next";

/** Whether this browser can show notifications at all. */
export function canNotify(): boolean {
  return "Notification" in globalThis;
}

/** Asks the person, if they were not asked before. To be called by a click of theirs. */
export async function mayNotify(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

type Finished = {
  t: TFunction;
  /** One answer is told once, however many tabs have waited for it. */
  tag: string;
  onClick: () => void;
};

/**
 * Says that an answer has ended, and not a word of it nor of its conversation: others may see the screen, and a
 * system keeps notifications where we cannot delete them.
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
