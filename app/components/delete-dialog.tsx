import { useState } from "react";
import { useTranslation } from "react-i18next";
import { troubleOf } from "~/browser/api-error";
import { sentenceFor, type Trouble } from "~/i18n/trouble";
import { Dialog } from "./dialog";

type Props = { title: string; onDelete: () => Promise<void>; onClose: () => void };

/** Asks before it deletes. */
export function DeleteDialog({ title, onDelete, onClose }: Props) {
  const { t } = useTranslation();
  const [isDeleting, setIsDeleting] = useState(false);
  const [problem, setProblem] = useState<Trouble | null>(null);

  async function confirm() {
    setIsDeleting(true);
    setProblem(null);
    try {
      await onDelete();
    } catch (error) {
      setProblem(troubleOf(error));
      setIsDeleting(false);
    }
  }

  return (
    <Dialog title={t("deletion.question")} onClose={onClose}>
      <p>{t("deletion.explanation", { title })}</p>
      {problem && (
        <p role="alert" className="trouble">
          {t("deletion.failed", { why: sentenceFor(t, problem) })}
        </p>
      )}
      <div className="dialog__actions">
        <button type="button" className="button button--quiet" onClick={onClose}>
          {t("dialog.cancel")}
        </button>
        <button
          type="button"
          className="button button--danger"
          aria-disabled={isDeleting}
          onClick={isDeleting ? undefined : () => void confirm()}
        >
          {t("deletion.confirm")}
        </button>
      </div>
    </Dialog>
  );
}
