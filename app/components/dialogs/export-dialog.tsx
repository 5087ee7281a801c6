import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { loadCode } from "~/browser/page/load-code";
import { saveBlob } from "~/browser/page/save-blob";
import { useObservable } from "~/browser/page/use-observable";
import type { ExportResult } from "~/browser/transfer/export-archive";
import { userErrorOf } from "~/browser/chat/api-error";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { ErrorNote } from "~/components/primitives/notices/error-note";
import type { UserError } from "~/i18n/user-error";

/** `ids`: empty for all conversations. */
type Props = { app: ChatApp; ids: readonly string[]; onClose: () => void };

/** Exports conversations into one file, and says which could not be read. Closing it cancels the export. */
export function ExportDialog({ app, ids, onClose }: Props) {
  const { t } = useTranslation();
  const { list, archived, folders } = useObservable(app.conversations);
  const [wanted] = useState(() =>
    [...list, ...archived].filter(({ id, saved }) => saved && (ids.length === 0 || ids.includes(id))),
  );
  const [done, setDone] = useState(0);
  const [result, setResult] = useState<ExportResult | null>(null);
  const [error, setError] = useState<UserError | null>(null);
  const hasBegun = useRef(false);
  const [run] = useState(() => new AbortController());

  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void (async () => {
      try {
        const { exportArchive } = await loadCode(() => import("~/browser/transfer/export-archive"));
        const { api, clock } = app;
        const made = await exportArchive(wanted, {
          ...{ api: api.session, folders, signal: run.signal, onProgress: setDone },
        });
        const day = new Date(clock.now()).toISOString().slice(0, 10);
        if (made.exported > 0) saveBlob(made.archive, `holdfast ${day}.zip`);
        setResult(made);
      } catch (error) {
        if (!run.signal.aborted) setError(userErrorOf(error));
      }
    })();
  }, [app, folders, run, wanted]);

  return (
    <Dialog
      title={t("transfer.exportTitle")}
      onClose={() => {
        run.abort();
        onClose();
      }}
    >
      <ErrorNote error={error} />
      {!error && !result && (
        <>
          <progress
            className="transfer__progress"
            max={wanted.length}
            value={done}
            aria-label={t("transfer.exportTitle")}
          />
          <p>{t("transfer.progress", { done, total: wanted.length })}</p>
        </>
      )}
      {result && (
        <>
          <p role="status">{t("transfer.exported", { number: result.exported })}</p>
          <p>{t("list.exportedNames")}</p>
          {result.failed.length > 0 && (
            <>
              <p>{t("transfer.notExported", { number: result.failed.length })}</p>
              <ul className="transfer__list">
                {result.failed.map((title, index) => (
                  <li key={index} dir="auto">
                    {title || t("conversations.untitled")}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </Dialog>
  );
}
