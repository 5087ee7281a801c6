import { createObservable, type Observable } from "~/browser/page/observable";
import type { OnOtherTab } from "./other-tabs";
import type { SafeStorage } from "./safe-storage";

const KEY = "holdfast.listNotice";

/** Whether the person has been told, in this browser, that the list of conversations is in this browser only. */
export type ListNotice = Observable<boolean> & { dismiss: () => void };

export function createListNotice(shared: SafeStorage, onOtherTab: OnOtherTab): ListNotice {
  const read = () => shared.get(KEY) !== null;
  const isDismissed = createObservable(read());
  const refresh = () => isDismissed.set(read());
  onOtherTab(KEY, refresh);
  return {
    ...isDismissed,
    dismiss() {
      shared.set(KEY, "1");
      refresh();
    },
  };
}
