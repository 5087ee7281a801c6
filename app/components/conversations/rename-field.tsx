import { useEffect, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";

type Props = {
  title: string;
  /** Has the focus afterwards, unless it went elsewhere. */
  returnTo: RefObject<HTMLElement>;
  /** With the new title, or null where it is to stay. */
  onEnd: (title: string | null) => void;
};

/** A title that is being changed in its place: Enter or leaving the field keeps it, Escape does not. */
export function RenameField({ title, returnTo, onEnd }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(title);
  const hasEnded = useRef(false);

  useEffect(() => field.current?.select(), []);

  function end(wanted: string | null) {
    // Going away takes the focus, too.
    if (hasEnded.current) return;
    hasEnded.current = true;
    onEnd(wanted?.trim() || null);
    requestAnimationFrame(() => document.activeElement === document.body && returnTo.current?.focus());
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
        // Enter may only end the composition of a word, as in Japanese.
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") end(text);
        if (event.key === "Escape") {
          // Not the drawer around it.
          event.preventDefault();
          event.stopPropagation();
          end(null);
        }
      }}
    />
  );
}
