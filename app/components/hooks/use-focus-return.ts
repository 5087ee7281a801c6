import { useLayoutEffect, useRef, type RefObject } from "react";
import { focusComposerIfLost } from "~/components/composer/focus-composer";

/**
 * For an element that may go while it has the focus, which the message box gets then. Where another element or none has
 * it, nothing happens: a person may be reading.
 */
export function useFocusReturn<E extends HTMLElement>(): RefObject<E> {
  const ref = useRef<E>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (element?.contains(document.activeElement)) focusComposerIfLost();
    };
  }, []);
  return ref;
}
