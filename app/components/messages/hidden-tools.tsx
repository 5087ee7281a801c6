import { startTransition, useEffect, useState, type ReactNode } from "react";
import { createObservable } from "~/browser/page/observable";

/** Whether a virtualized list of messages is being scrolled. */
export const isListScrolling = createObservable(false);

/** As in the style sheet: where the buttons are shown only on hover. */
const SHOWN_ON_HOVER = "(hover: hover) and (pointer: fine)";

/**
 * The buttons of a message that are shown only on hover. Those of a message that comes into view are drawn when
 * scrolling has ended: they are a fifth of the work for a message, and cannot be seen before. Where there is no
 * hover, they are always shown, and drawn at once.
 */
export function HiddenTools({ children }: { children: ReactNode }) {
  const [isDrawn, setIsDrawn] = useState(
    () => !isListScrolling.getSnapshot() || !matchMedia(SHOWN_ON_HOVER).matches,
  );
  useEffect(() => {
    if (isDrawn) return;
    const drawAtRest = () => {
      if (!isListScrolling.getSnapshot()) startTransition(() => setIsDrawn(true));
    };
    drawAtRest();
    return isListScrolling.subscribe(drawAtRest);
  }, [isDrawn]);
  return <div className="tools__hidden">{isDrawn && children}</div>;
}
