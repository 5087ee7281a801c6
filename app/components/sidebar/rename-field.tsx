import { useEffect, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { focusComposer } from "~/components/composer/focus-composer";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { isComposing } from "~/components/primitives/is-composing";

type Props = {
  title: string;
  /** Gets the focus afterwards, unless another element has it. After a click the composer does: one types there next. */
  returnTo: RefObject<HTMLElement>;
  /** Called with the new title, or null if it is unchanged. */
  onEnd: (title: string | null) => void;
};

/** Edits a title in place: Enter or leaving the field saves it, Escape cancels. */
export function RenameField({ title, returnTo, onEnd }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(title);
  const [isByPointer] = useState(() => !document.activeElement?.matches(":focus-visible"));
  const hasEnded = useRef(false);

  useEffect(() => field.current?.select(), []);

  function end(wanted: string | null) {
    // Unmounting removes the focus, too.
    if (hasEnded.current) return;
    hasEnded.current = true;
    onEnd(wanted?.trim() || null);
    requestAnimationFrame(() => {
      const isLost = () => document.activeElement === document.body;
      if (isByPointer && isLost()) focusComposer();
      if (isLost()) returnTo.current?.focus();
    });
  }

  return (
    <input
      ref={field}
      className="row__field"
      aria-label={t("list.title")}
      dir="auto"
      maxLength={MAX_TITLE_LENGTH}
      value={text}
      onChange={({ target }) => setText(target.value)}
      onBlur={() => end(text)}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        if (event.key === "Enter") end(text);
        if (event.key === "Escape") {
          // Must not close the drawer around it, too.
          event.preventDefault();
          event.stopPropagation();
          end(null);
        }
      }}
    />
  );
}
