import { useLayoutEffect, useRef, type RefObject } from "react";

/** Makes a textarea as high as its text, also in browsers without `field-sizing`. */
export function useGrowingTextarea(text: string): RefObject<HTMLTextAreaElement> {
  const textarea = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (textarea.current) growTextarea(textarea.current);
  }, [text]);
  return textarea;
}

export function growTextarea(element: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight}px`;
}
