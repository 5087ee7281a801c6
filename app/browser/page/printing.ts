import { flushSync } from "react-dom";
import { createObservable, type Observable } from "./observable";
import { delay, pageClock } from "./page-clock";

const printing = createObservable(false);
const unfinished = new Set<Promise<unknown>>();

/** The longest wait for drawings before the page is printed. */
const PATIENCE_MS = 10_000;

/** Whether the page is being printed. All of it is then drawn at once, within the event. */
export const isPrinting: Observable<boolean> = printing;

/** Has printing by the keyboard wait for something that is being loaded or drawn. */
export function printAfter(work: Promise<unknown>): void {
  const done = () => unfinished.delete(work);
  unfinished.add(work);
  work.then(done, done);
}

if (typeof window !== "undefined") {
  addEventListener("beforeprint", () => flushSync(() => printing.set(true)));
  addEventListener("afterprint", () => printing.set(false));
  addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (key.toLowerCase() !== "p" || ctrlKey === metaKey || altKey || shiftKey) return;
    event.preventDefault();
    void printWhenDrawn();
  });
}

/** A browser prints at once, but diagrams, and formulas of messages that were not on screen, take a moment. */
async function printWhenDrawn(): Promise<void> {
  flushSync(() => printing.set(true));
  await Promise.race([allDrawn(), delay(pageClock, PATIENCE_MS)]);
  window.print();
}

async function allDrawn(): Promise<void> {
  // What is loaded may have more to draw.
  while (unfinished.size > 0) {
    await Promise.allSettled(unfinished);
    // React renders it in a task.
    await delay(pageClock, 0);
  }
  await Promise.allSettled(
    [...document.querySelectorAll<HTMLImageElement>(".diagram img")].map((image) => image.decode()),
  );
}
