import { useCallback, useEffect, useRef, useState } from "react";
import { pageClock } from "~/browser/page/page-clock";

/** Distance from the end that still counts as the end, in pixels. */
const NEAR_PX = 48;
/** Time after a wheel, touch or key event in which scrolling counts as done by the person. */
const BY_HAND_MS = 400;
/** Time after a jump in which newly drawn rows are still being measured. */
const SETTLES_MS = 1_000;
const BY_HAND = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/**
 * Keeps a scroller at its end while the person is there, and still while they read further up. Only scrolling up stops
 * following; growing content does not, even if it is painted before the scroller has followed.
 * @param isEmpty no messages are shown: what is there instead is read from its beginning
 */
export function useFollowBottom(isEmpty: boolean) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lastTop = useRef(0);
  const lastHeight = useRef(0);
  const touchedAt = useRef(-Infinity);
  const jumpedAt = useRef(-Infinity);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element || !follows.current || isEmpty) return;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
  }, [isEmpty]);

  const jump = useCallback(() => {
    follows.current = true;
    // Measuring rows moves the scroller. That must not count as scrolling by the click or key that led here.
    touchedAt.current = -Infinity;
    jumpedAt.current = pageClock.monotonic();
    setIsAtEnd(true);
    toEnd();
  }, [toEnd]);

  /** Stops following, because another part is about to be shown. */
  const letGo = useCallback(() => {
    follows.current = false;
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !content.current || isEmpty) return;
    // Called after layout and before painting: to read a height in an effect of React would cost a layout of its own.
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    observer.observe(content.current);
    const onTouched = () => void (touchedAt.current = pageClock.monotonic());
    const isByHand = () => pageClock.monotonic() - touchedAt.current < BY_HAND_MS;
    const isSettled = () => pageClock.monotonic() - jumpedAt.current > SETTLES_MS;
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      if (isNear) follows.current = true;
      // The list also moves the scroller when it replaces estimated heights by measured ones.
      else if (scrollTop < lastTop.current) {
        if (isByHand() || (isSettled() && scrollHeight === lastHeight.current)) follows.current = false;
        else toEnd();
      }
      lastTop.current = element.scrollTop;
      lastHeight.current = scrollHeight;
      setIsAtEnd(follows.current);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    for (const type of BY_HAND) element.addEventListener(type, onTouched, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
      for (const type of BY_HAND) element.removeEventListener(type, onTouched);
    };
  }, [isEmpty, toEnd]);

  return { scroller, content, isAtEnd: isAtEnd || isEmpty, jump, letGo };
}
