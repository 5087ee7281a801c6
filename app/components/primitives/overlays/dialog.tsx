import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { focusComposer, focusComposerIfLost } from "~/components/composer/focus-composer";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon } from "~/components/primitives/icons";
import { isComposing } from "~/components/primitives/is-composing";
import { restoreCaret } from "./restore-caret";
import { focusOrigin } from "./type-ahead";

type Props = {
  title: string;
  /** Null if the dialog must be answered. */
  onClose: (() => void) | null;
  children: ReactNode;
  /** For dialogs with more than a question. */
  isWide?: boolean;
  className?: string;
};

/**
 * The browser's modal dialog with a heading. It traps the focus. Shown while it is mounted; closed by Escape, by its
 * button, or by a click beside it, unless it must be answered. The focus returns to the button that opened it if that
 * was pressed by a key; after a click, the person types next, so that the composer has it.
 */
export function Dialog({ title, onClose, children, isWide = false, className = "" }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const pressed = useRef<EventTarget | null>(null);
  const heading = useId();

  const opener = useRef<ReturnType<typeof focusOrigin>>();

  // Before a key can be pressed that belongs to the dialog.
  useLayoutEffect(() => {
    const element = dialog.current;
    opener.current = focusOrigin();
    if (element && !element.open) element.showModal();
    // Browsers give the focus to the first button, which closes the dialog, and draw a ring around it.
    (element?.querySelector<HTMLElement>("[data-autofocus]") ?? element)?.focus();
    return () => {
      element?.close();
      restoreCaret(opener.current?.element);
    };
  }, []);

  // Later than that: React returns the focus to the element that had it before an update.
  useEffect(
    () => () => {
      const { element, isByPointer } = opener.current!;
      // Not if a command of the dialog has moved the focus elsewhere.
      if (isByPointer && document.activeElement === element) focusComposer();
      focusComposerIfLost();
    },
    [],
  );

  return (
    <dialog
      ref={dialog}
      className={`dialog ${isWide ? "dialog--wide" : ""} ${className}`}
      aria-labelledby={heading}
      tabIndex={-1}
      onCancel={(event) => !onClose && event.preventDefault()}
      onClose={({ target, currentTarget }) => {
        // React lets the events of a dialog inside this one bubble, which browsers do not.
        if (target !== currentTarget) return;
        restoreCaret(opener.current?.element);
        if (onClose) onClose();
        // Browsers close a dialog at a second Escape, even if the first one was prevented.
        else currentTarget.showModal();
      }}
      onKeyDown={(event) => {
        // A form is sent by Enter in a field of one line.
        if (event.key === "Enter" && isComposing(event)) event.preventDefault();
      }}
      onPointerDown={({ target }) => (pressed.current = target)}
      onClick={({ target, currentTarget }) => {
        // A text selection that ends beside the dialog is not a click there.
        const isBeside = target === currentTarget && pressed.current === currentTarget;
        if (onClose && isBeside) currentTarget.close();
      }}
    >
      <div className="dialog__body">
        <div className="dialog__head">
          <h2 id={heading}>{title}</h2>
          {onClose && (
            <IconButton
              label={t("dialog.close")}
              icon={<CloseIcon />}
              onClick={() => dialog.current?.close()}
            />
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}
