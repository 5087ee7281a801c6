import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { Dialog } from "~/components/primitives/overlays/dialog";

type Props = { app: ChatApp; onClose: () => void };

/** Asks before all conversations are deleted, archived ones, too. */
export function DeleteAllDialog({ app, onClose }: Props) {
  const { t } = useTranslation();
  const { list, archived } = useObservable(app.conversations);
  const body = useRef<HTMLDivElement>(null);
  const ids = [...list, ...archived].map(({ id }) => id);
  const close = () => body.current?.closest("dialog")?.close();
  return (
    <Dialog title={t("deleteAll.title", { count: ids.length })} onClose={onClose}>
      <p>{t("deleteAll.explanation")}</p>
      <div className="dialog__actions" ref={body}>
        <button type="button" className="button" onClick={close}>
          {t("dialog.cancel")}
        </button>
        <button
          type="button"
          className="button button--danger"
          onClick={() => {
            close();
            app.remove(...ids);
          }}
        >
          {t("deleteAll.confirm")}
        </button>
      </div>
    </Dialog>
  );
}
