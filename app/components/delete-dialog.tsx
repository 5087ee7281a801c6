import { useEffect, useId, useRef, useState } from "react";
import { sentenceOf } from "~/browser/api-error";

type Props = { title: string; onDelete: () => Promise<void>; onClose: () => void };

/** Asks before it deletes. Shown while it is mounted; the browser gives the focus back when it closes. */
export function DeleteDialog({ title, onDelete, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const text = useId();
  const [isDeleting, setIsDeleting] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);

  async function confirm() {
    setIsDeleting(true);
    setProblem(null);
    try {
      await onDelete();
    } catch (error) {
      setProblem(sentenceOf(error));
      setIsDeleting(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      aria-describedby={text}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="dialog__body">
        <h2 id={heading}>Delete this conversation?</h2>
        <p id={text}>
          “{title}” and all its messages will be deleted from the server. This cannot be undone.
        </p>
        {problem && (
          <p role="alert" className="trouble">
            Not deleted. {problem}
          </p>
        )}
        <div className="dialog__actions">
          <button type="button" className="button button--quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button
            type="button"
            className="button button--danger"
            aria-disabled={isDeleting}
            onClick={isDeleting ? undefined : () => void confirm()}
          >
            Delete
          </button>
        </div>
      </div>
    </dialog>
  );
}
