import { useContext, useEffect, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "~/browser/page/use-observable";
import { enterSendsHere, isSendKey } from "~/components/composer/focus-composer";
import { useGrowingTextarea } from "~/components/hooks/use-growing-textarea";
import { PreferencesContext } from "~/components/pages/preferences-context";
import { Keys } from "~/components/primitives/keys";
import { isComposing } from "~/components/primitives/is-composing";

type Props = {
  text: string;
  /** The unfinished edit of before; null if there is none. */
  kept: string | null;
  /** Whether the message has files, so that its text may be empty. */
  mayBeEmpty: boolean;
  isBusy: boolean;
  /** By default that it is sent. */
  sendLabel?: string;
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
  sendLabel,
  onChange,
  onSend,
  onCancel,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const { enterSends } = useObservable(useContext(PreferencesContext));
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
    if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation();
      onClose();
    }
    if (!isSendKey(event, enterSends)) return;
    event.preventDefault();
    if (isReady) onSend(edited);
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
        {sendLabel === undefined && <EnterHint enterSends={enterSends ?? enterSendsHere()} />}
        <button type="button" className="button button--quiet" onClick={onCancel}>
          {t("dialog.cancel")}
        </button>
        <button type="submit" className="button button--primary" aria-disabled={!isReady}>
          {sendLabel ?? t("composer.send")}
        </button>
      </div>
    </form>
  );
}

/** What the Enter key does here. Hidden on touch screens, whose keyboards have one Enter key and no other. */
function EnterHint({ enterSends }: { enterSends: boolean }) {
  const { t } = useTranslation();
  return (
    <p className="editor__hint">
      <Keys shortcut={enterSends ? { key: "Enter" } : { key: "Enter", mod: true }} />
      <span>{t("message.enterSends")}</span>
      <Keys shortcut={enterSends ? { key: "Enter", shift: true } : { key: "Enter" }} />
      <span>{t("message.enterBreaks")}</span>
    </p>
  );
}
