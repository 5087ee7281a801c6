import { useLayoutEffect, useRef, type RefObject } from "react";

/** For a textarea that is as high as its text, also where the browser cannot do that by style (`field-sizing`). */
export function useGrowingTextarea(text: string): RefObject<HTMLTextAreaElement> {
  const textarea = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = textarea.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);
  return textarea;
}
