import { flushSync } from "react-dom";
import { createObservable, type Observable } from "./observable";

const printing = createObservable(false);

/** Whether the page is being printed. All of it is then drawn at once, within the event. */
export const isPrinting: Observable<boolean> = printing;

if (typeof window !== "undefined") {
  addEventListener("beforeprint", () => flushSync(() => printing.set(true)));
  addEventListener("afterprint", () => printing.set(false));
}
