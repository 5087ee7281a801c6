import { useEffect, useRef, type RefObject } from "react";

/** So long a message that was looked for stands out. */
const SHOWN_MS = 2_500;
/** A long conversation measures what it draws, and may need some frames to get there. */
const MOST_FRAMES = 120;

type Options = {
  /** The message to be shown; null for none. */
  messageId: string | null;
  /** Its place among those that are shown; -1 where it is not among them. */
  index: number;
  scroller: RefObject<HTMLElement>;
  scrollTo: (index: number) => void;
  /** The end is not to be followed from now on. */
  letGo: () => void;
  onDone: () => void;
};

/** Brings a message into view once it is there, puts the focus on it and lets it stand out for a moment. */
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
    const look = () => {
      latest.current.scrollTo(index);
      const found = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
      if (found && isInView(found, scroller.current!)) {
        found.tabIndex = -1;
        found.focus({ preventScroll: true });
        found.dataset.found = "true";
        setTimeout(() => delete found.dataset.found, SHOWN_MS);
        latest.current.onDone();
      } else if (++frames < MOST_FRAMES) {
        frame = requestAnimationFrame(look);
      } else {
        latest.current.onDone();
      }
    };
    frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [messageId, index]);
}

function isInView(element: HTMLElement, scroller: HTMLElement): boolean {
  const [inner, outer] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return inner.bottom > outer.top && inner.top < outer.bottom;
}
