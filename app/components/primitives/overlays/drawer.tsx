import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { CloseIcon } from "~/components/primitives/icons";

type Props = { isOpen: boolean; onClose: () => void; children: ReactNode };

/**
 * The sidebar of a narrow page: a dialog that slides in, with the browser's own focus handling. Its content is drawn when
 * it is first opened, and kept from then on.
 */
export function Drawer({ isOpen, onClose, children }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const [wasOpened, setWasOpened] = useState(false);
  if (isOpen && !wasOpened) setWasOpened(true);
  useEffect(() => {
    const element = dialog.current;
    if (isOpen && !element?.open) element?.showModal();
    if (!isOpen && element?.open) element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      className="drawer"
      aria-label={t("conversations.label")}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <button
        type="button"
        className="icon-button drawer__close"
        aria-label={t("dialog.close")}
        onClick={onClose}
      >
        <CloseIcon />
      </button>
      {wasOpened && children}
    </dialog>
  );
}
