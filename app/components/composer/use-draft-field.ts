import { useLayoutEffect, useRef, type RefObject } from "react";
import type { Draft } from "~/browser/drafts/draft";
import { growTextarea } from "~/components/hooks/use-growing-textarea";

/**
 * Shows a draft in a textarea, which has to pass what is typed to `draft.set`. Without React, which would draw the
 * composer again for each key.
 */
export function useDraftField(draft: Draft): RefObject<HTMLTextAreaElement> {
  const textarea = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const show = () => {
      const [field, text] = [textarea.current, draft.getSnapshot()];
      if (!field) return;
      // Setting the same value, too, would move the caret and end a composition of an input method.
      if (field.value !== text) field.value = text;
      growTextarea(field);
    };
    show();
    return draft.subscribe(show);
  }, [draft]);
  return textarea;
}
