import { useEffect, useRef, type RefObject } from "react";
import { pageClock } from "~/browser/page/page-clock";

/** Time for which the found message stands out. */
const SHOWN_MS = 2_500;
/** Maximum number of frames until the message is in view: a long conversation measures messages as it draws them. */
const MOST_FRAMES = 120;

type Options = {
  /** The message to show; null for none. */
  messageId: string | null;
  /** Its index among the shown messages; -1 if it is not shown. */
  index: number;
  scroller: RefObject<HTMLElement>;
  scrollTo: (index: number) => void;
  /** Stops following the end of the conversation. */
  letGo: () => void;
  onDone: () => void;
};

/** Scrolls a message into view when it is drawn, focuses it, and highlights it for a moment. */
export function useSpotlight(options: Options): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { messageId, index } = options;

  useEffect(() => {
    if (messageId === null || index < 0) return;
    let frame = 0;
    let frames = 0;
    const { scroller, letGo } = latest.current;
    letGo();
    const scroll = () => {
      latest.current.scrollTo(index);
      const found = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
      if (found && isInView(found, scroller.current!)) {
        found.tabIndex = -1;
        found.focus({ preventScroll: true });
        found.dataset.found = "true";
        pageClock.after(SHOWN_MS, () => delete found.dataset.found);
        latest.current.onDone();
      } else if (++frames < MOST_FRAMES) {
        frame = requestAnimationFrame(scroll);
      } else {
        latest.current.onDone();
      }
    };
    frame = requestAnimationFrame(scroll);
    return () => cancelAnimationFrame(frame);
  }, [messageId, index]);
}

function isInView(element: HTMLElement, scroller: HTMLElement): boolean {
  const [inner, outer] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return inner.bottom > outer.top && inner.top < outer.bottom;
}
