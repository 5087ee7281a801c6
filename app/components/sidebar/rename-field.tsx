import { useLayoutEffect, useRef, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { focusComposer } from "~/components/composer/focus-composer";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { isComposing } from "~/components/primitives/is-composing";
import { isFocusedByPointer } from "~/components/primitives/overlays/last-input";

/** A title while it is edited. Its field may be drawn anew: when its row comes into another group, for example. */
export type TitleEdit = { get: () => EditState; set: (changed: Partial<EditState>) => void };

type EditState = {
  text: string;
  selection: [number, number];
  isByPointer: boolean;
  isShown: boolean;
  hasEnded: boolean;
};

export function editTitle(title: string): TitleEdit {
  const isByPointer = isFocusedByPointer(document.activeElement);
  const selection: [number, number] = [0, title.length];
  let state: EditState = { text: title, selection, isByPointer, isShown: false, hasEnded: false };
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

  function end(wanted: string | null) {
    if (edit.get().hasEnded) return;
    edit.set({ hasEnded: true });
    onEnd(wanted?.trim() || null);
    requestAnimationFrame(() => {
      const isLost = () => document.activeElement === document.body;
      if (edit.get().isByPointer && isLost()) focusComposer();
      if (isLost()) returnTo.current?.focus();
    });
  }

  useLayoutEffect(() => {
    const input = field.current!;
    input.focus();
    input.setSelectionRange(...edit.get().selection);
    edit.set({ isShown: true });
    return () => {
      edit.set({ selection: [input.selectionStart!, input.selectionEnd!], isShown: false });
      // By then, the field is drawn elsewhere or nowhere.
      queueMicrotask(() => {
        if (!edit.get().isShown) end(edit.get().text);
      });
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- later ones end the same edit
  }, [edit]);

  return (
    <input
      ref={field}
      className="row__field"
      aria-label={t("list.title")}
      dir="auto"
      maxLength={MAX_TITLE_LENGTH}
      defaultValue={edit.get().text}
      onChange={({ target }) => edit.set({ text: target.value })}
      // The browser also removes the focus from a field that disappears.
      onBlur={() => edit.get().isShown && end(edit.get().text)}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        if (event.key === "Enter") end(edit.get().text);
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
