import { createObservable, type Observable } from "~/browser/page/observable";
import type { OnOtherTab } from "./other-tabs";
import type { SafeStorage } from "./safe-storage";

const KEY = "holdfast.listNotice";

/** Whether the person has been told, in this browser, that the list of conversations is in this browser only. */
export type ListNotice = Observable<boolean> & { dismiss: () => void };

export function createListNotice(shared: SafeStorage, onOtherTab: OnOtherTab): ListNotice {
  const isDismissed = createObservable(shared.get(KEY) !== null);
  onOtherTab(KEY, () => isDismissed.set(shared.get(KEY) !== null));
  return {
    getSnapshot: isDismissed.getSnapshot,
    subscribe: isDismissed.subscribe,
    dismiss() {
      shared.set(KEY, "dismissed");
      isDismissed.set(true);
    },
  };
}
