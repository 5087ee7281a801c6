import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { pageClock } from "~/browser/page/page-clock";
import type { Deletion, Deletions } from "~/browser/conversations/deletions";
import type { Toast } from "~/browser/page/toasts";
import { useObservable } from "~/browser/page/use-observable";
import { focusComposerIfLost } from "~/components/composer/focus-composer";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon } from "~/components/primitives/icons";

/** Twice the time of a slow reader; what is an error or can be undone stays twice as long. */
const LEAST_SHOWN_MS = 4_000;
const READING_MS_PER_LETTER = 100;

/** Messages that belong to no other place of the page: deletions that can be undone, and errors. */
export function Toaster({ app }: { app: Pick<ChatApp, "deletions" | "toasts"> }) {
  const { t } = useTranslation();
  const deletions = useObservable(app.deletions).filter(({ canUndo }) => canUndo);
  const batches = new Set(deletions.map(({ batch }) => batch));
  // Equal messages are shown once: failed actions are often repeated.
  const said = new Map<string, Toast[]>();
  for (const toast of useObservable(app.toasts)) {
    const text = toast.text(t);
    said.set(text, [...(said.get(text) ?? []), toast]);
  }
  const isByKeyboard = useIsByKeyboard();
  return (
    <div className="toaster" role="status">
      {[...batches].map((batch) => (
        <DeletionToast
          key={batch}
          deleted={deletions.filter((deletion) => deletion.batch === batch)}
          takesFocus={isByKeyboard}
          onUndo={app.deletions.undo}
        />
      ))}
      {[...said].map(([text, same]) => (
        <TextToast
          key={same[0]!.id}
          text={text}
          toasts={same}
          onEnd={() => same.forEach(({ id }) => app.toasts.dismiss(id))}
        />
      ))}
    </div>
  );
}

type TextProps = { text: string; toasts: readonly Toast[]; onEnd: () => void };

/** Goes when there was time to read it, unless the pointer or the focus is on it. */
function TextToast({ text, toasts, onEnd }: TextProps) {
  const { t } = useTranslation();
  const [isHeld, setIsHeld] = useState(false);
  const { isError, action } = toasts.at(-1)!;
  const readingMs = LEAST_SHOWN_MS + text.length * READING_MS_PER_LETTER;
  const shownMs = isError || action ? 2 * readingMs : readingMs;
  useEffect(() => (isHeld ? undefined : pageClock.after(shownMs, onEnd)), [isHeld, shownMs, onEnd]);

  function dismiss() {
    onEnd();
    focusComposerIfLost();
  }

  return (
    <div
      className={`toast ${isError ? "toast--trouble" : ""}`}
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
      <span className="toast__text">{text}</span>
      {action && (
        <button
          type="button"
          className="button button--quiet toast__action"
          onClick={() => {
            for (const { action } of toasts) action?.act();
            dismiss();
          }}
        >
          {action.label(t)}
        </button>
      )}
      <IconButton label={t("dialog.dismiss")} icon={<CloseIcon />} onClick={dismiss} />
    </div>
  );
}

type DeletionProps = {
  /** The conversations that were deleted together. */
  deleted: readonly Deletion[];
  takesFocus: boolean;
  onUndo: Deletions["undo"];
};

function DeletionToast({ deleted, takesFocus, onUndo }: DeletionProps) {
  const { t } = useTranslation();
  const undo = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    const button = undo.current;
    // Keyboard users would need more than the ten seconds to find it.
    if (takesFocus && document.hasFocus()) button?.focus();
    else focusComposerIfLost();
    // The focus must not be lost when the button disappears.
    return focusComposerIfLost;
  }, [takesFocus]);

  return (
    <div className="toast">
      <span className="toast__text">
        {deleted.length === 1
          ? t("deletion.done", { title: deleted[0]!.title || t("conversations.untitled") })
          : t("deletion.severalDone", { count: deleted.length })}
      </span>
      <button
        ref={undo}
        type="button"
        className="button button--quiet toast__action"
        onClick={() => onUndo(...deleted.map(({ id }) => id))}
      >
        {t("deletion.undo")}
      </button>
    </div>
  );
}

/** Whether a key was pressed since the last use of a pointer. */
function useIsByKeyboard(): boolean {
  const [isByKeyboard, setIsByKeyboard] = useState(false);
  useEffect(() => {
    const onKey = () => setIsByKeyboard(true);
    const onPointer = () => setIsByKeyboard(false);
    window.addEventListener("keydown", onKey, true);
    window.addEventListener("pointerdown", onPointer, true);
    return () => {
      window.removeEventListener("keydown", onKey, true);
      window.removeEventListener("pointerdown", onPointer, true);
    };
  }, []);
  return isByKeyboard;
}
