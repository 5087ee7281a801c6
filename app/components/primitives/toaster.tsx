import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Deletion, Deletions } from "~/browser/conversations/deletions";
import type { Toast } from "~/browser/page/toasts";
import { useObservable } from "~/browser/page/use-observable";
import { focusComposerIfLost } from "~/components/composer/focus-composer";
import { IconButton } from "./icon-button";
import { CloseIcon } from "./icons";

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
        <div key={same[0]!.id} className={`toast ${same[0]!.isError ? "toast--trouble" : ""}`}>
          <span className="toast__text">{text}</span>
          {same.at(-1)!.action && (
            <button
              type="button"
              className="button button--quiet toast__action"
              onClick={() => {
                for (const { id, action } of same) {
                  action?.act();
                  app.toasts.dismiss(id);
                }
              }}
            >
              {same.at(-1)!.action!.label(t)}
            </button>
          )}
          <IconButton
            label={t("dialog.dismiss")}
            icon={<CloseIcon />}
            onClick={() => same.forEach(({ id }) => app.toasts.dismiss(id))}
          />
        </div>
      ))}
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
