import { useEffect, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useGrowingTextarea } from "~/components/hooks/use-growing-textarea";

type Props = {
  text: string;
  /** The unfinished edit of before; null if there is none. */
  kept: string | null;
  /** Whether the message has files, so that its text may be empty. */
  mayBeEmpty: boolean;
  isBusy: boolean;
  /** Called with the edited text; null if it is the same as sent. */
  onChange: (text: string | null) => void;
  onSend: (text: string) => void;
  onCancel: () => void;
  /** Called to close the editor and keep the text as an unfinished edit. */
  onClose: () => void;
};

/** Edits a question in place. Sending it makes a new version; the old one is kept. */
export function MessageEditor({
  text,
  kept,
  mayBeEmpty,
  isBusy,
  onChange,
  onSend,
  onCancel,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState(kept ?? text);
  const textarea = useGrowingTextarea(edited);
  const isReady = !isBusy && (mayBeEmpty || edited.trim() !== "");

  useEffect(() => {
    const element = textarea.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [textarea]);

  function change(next: string) {
    setEdited(next);
    onChange(next === text ? null : next);
  }

  function onKeyDown(event: KeyboardEvent) {
    // During the composition of a character, Escape and Enter belong to it. Safari marks that Enter only by keyCode 229.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && isReady) {
      event.preventDefault();
      onSend(edited);
    }
  }

  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onSend(edited);
      }}
    >
      <textarea
        ref={textarea}
        className="editor__text"
        rows={1}
        dir="auto"
        aria-label={t("message.editLabel")}
        value={edited}
        onChange={({ target }) => change(target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="editor__actions">
        <button type="button" className="button button--quiet" onClick={onCancel}>
          {t("dialog.cancel")}
        </button>
        <button type="submit" className="button button--primary" aria-disabled={!isReady}>
          {t("composer.send")}
        </button>
      </div>
    </form>
  );
}
