import { useEffect, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useGrowingTextarea } from "~/components/hooks/use-growing-textarea";

type Props = {
  text: string;
  /** What was typed here before and not sent; null where nothing was. */
  kept: string | null;
  /** Whether there are files, which say something without words. */
  mayBeEmpty: boolean;
  isBusy: boolean;
  /** With the text as it stands; null where it is as it was sent. */
  onChange: (text: string | null) => void;
  onSend: (text: string) => void;
  onCancel: () => void;
  /** What was typed is to be found here again. */
  onClose: () => void;
};

/** Changes a question where it stands. Sending it makes a new version; the old one stays. */
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
    // Escape ends the composing of a character, Enter accepts it. Safari tells of that Enter only by its code, 229.
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
