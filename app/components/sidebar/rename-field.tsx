import { useLayoutEffect, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { focusComposer } from "~/components/composer/focus-composer";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { isComposing } from "~/components/primitives/is-composing";

/** A title while it is edited. Its field may be drawn anew: when its row comes into another group, for example. */
export type TitleEdit = { get: () => EditState; set: (changed: Partial<EditState>) => void };

type EditState = { text: string; selection: [number, number]; isShown: boolean; hasEnded: boolean };

export function editTitle(title: string): TitleEdit {
  let state: EditState = { text: title, selection: [0, title.length], isShown: false, hasEnded: false };
  return { get: () => state, set: (changed) => void (state = { ...state, ...changed }) };
}

type Props = {
  edit: TitleEdit;
  /** Gets the focus afterwards, unless another element has it. After a click the composer does: one types there next. */
  returnTo: RefObject<HTMLElement>;
  /** Called with the new title, or null if it is unchanged. */
  onEnd: (title: string | null) => void;
};

/** Edits a title in place: Enter, leaving the field and its disappearance save it, Escape cancels. */
export function RenameField({ edit, returnTo, onEnd }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(() => edit.get().text);
  const [isByPointer] = useState(() => !document.activeElement?.matches(":focus-visible"));

  function end(wanted: string | null) {
    if (edit.get().hasEnded) return;
    edit.set({ hasEnded: true });
    onEnd(wanted?.trim() || null);
    requestAnimationFrame(() => {
      const isLost = () => document.activeElement === document.body;
      if (isByPointer && isLost()) focusComposer();
      if (isLost()) returnTo.current?.focus();
    });
  }

  const latestEnd = useRef(end);
  useLayoutEffect(() => void (latestEnd.current = end));
  useLayoutEffect(() => {
    const input = field.current!;
    input.focus();
    input.setSelectionRange(...edit.get().selection);
    edit.set({ isShown: true });
    return () => {
      edit.set({ selection: [input.selectionStart ?? 0, input.selectionEnd ?? 0], isShown: false });
      // By then, the field is drawn elsewhere or nowhere.
      queueMicrotask(() => {
        if (!edit.get().isShown) latestEnd.current(edit.get().text);
      });
    };
  }, [edit]);

  return (
    <input
      ref={field}
      className="row__field"
      aria-label={t("list.title")}
      dir="auto"
      maxLength={MAX_TITLE_LENGTH}
      value={text}
      onChange={({ target }) => {
        edit.set({ text: target.value });
        setText(target.value);
      }}
      // The browser also removes the focus from a field that disappears.
      onBlur={() => edit.get().isShown && end(text)}
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
