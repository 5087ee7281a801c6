import { useEffect } from "react";
import { createLazyModule } from "~/browser/page/lazy-module";
import { pageClock } from "~/browser/page/page-clock";
import { useObservable } from "~/browser/page/use-observable";
import { loadLaterTexts } from "~/i18n/later-texts";

const RETRY_AFTER_MS = 2_000;

/** The list of messages, with everything that messages need: a first visit has none. */
export const messageListModule = createLazyModule(async () => {
  const [module] = await Promise.all([import("./message-list"), loadLaterTexts()]);
  return module;
});

/** Whether it is loaded; loads it when it is needed, again and again if that fails. */
export function useMessageListReady(isNeeded: boolean): boolean {
  const isLoaded = useObservable(messageListModule) !== null;
  useEffect(() => {
    if (isLoaded || !isNeeded) return;
    let cancel = () => {};
    let isGone = false;
    const load = () =>
      void messageListModule.load().then(() => {
        if (!isGone) cancel = pageClock.after(RETRY_AFTER_MS, load);
      });
    load();
    return () => {
      isGone = true;
      cancel();
    };
  }, [isLoaded, isNeeded]);
  return isLoaded;
}
