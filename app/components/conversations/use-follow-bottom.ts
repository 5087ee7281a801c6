import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end still counts as being there. */
const NEAR_PX = 48;
/** So long after a wheel, a finger or a key a movement is the person's. */
const BY_HAND_MS = 400;
/** So long after a jump rows that come into view are still being measured. */
const SETTLES_MS = 1_000;
const BY_HAND = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/**
 * Keeps a scroller at its end while the person is there, and leaves it alone while they read further up. Only
 * scrolling up lets go of the end; content that grows does not, even when it is seen before we have followed it.
 */
export function useFollowBottom() {
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
    if (!element || !follows.current) return;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
  }, []);

  const jump = useCallback(() => {
    follows.current = true;
    // Rows that are measured now move the scroller: that is not the press that has led here, nor a key before it.
    touchedAt.current = -Infinity;
    jumpedAt.current = performance.now();
    setIsAtEnd(true);
    toEnd();
  }, [toEnd]);

  /** What is about to be shown is not the end. */
  const letGo = useCallback(() => {
    follows.current = false;
  }, []);

  useLayoutEffect(toEnd);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !content.current) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    observer.observe(content.current);
    const onTouched = () => void (touchedAt.current = performance.now());
    const isByHand = () => performance.now() - touchedAt.current < BY_HAND_MS;
    const isSettled = () => performance.now() - jumpedAt.current > SETTLES_MS;
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      if (isNear) follows.current = true;
      // A list that has measured what it had estimated moves the scroller, too; that is nobody's scrolling up.
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
  }, [toEnd]);

  return { scroller, content, isAtEnd, jump, letGo };
}
