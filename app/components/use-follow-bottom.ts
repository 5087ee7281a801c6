import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end still counts as being there. */
const NEAR_PX = 48;

/**
 * Keeps a scroller at its end while the person is there, and leaves it alone while they read further up. Only
 * scrolling up lets go of the end; content that grows does not, even when it is seen before we have followed it.
 */
export function useFollowBottom() {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lastTop = useRef(0);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element || !follows.current) return;
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
  }, []);

  const jump = useCallback(() => {
    follows.current = true;
    setIsAtEnd(true);
    toEnd();
  }, [toEnd]);

  useLayoutEffect(toEnd);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !content.current) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    observer.observe(content.current);
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element;
      const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      if (isNear) follows.current = true;
      else if (scrollTop < lastTop.current) follows.current = false;
      lastTop.current = scrollTop;
      setIsAtEnd(follows.current);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [toEnd]);

  return { scroller, content, isAtEnd, jump };
}
