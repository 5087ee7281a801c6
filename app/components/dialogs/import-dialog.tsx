import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import { loadCode } from "~/browser/page/load-code";
import type { ImportProgress, ImportResult } from "~/browser/transfer/import-conversations";
import { Countdown } from "~/components/primitives/countdown";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { newId } from "~/conversation/session/session-id";
import { sentenceFor } from "~/i18n/user-error";

type Props = { app: ChatApp; files: readonly File[]; onClose: () => void };

/**
 * Imports files, and says what became of them. A single conversation is opened at once, and a single failure is a toast.
 * Cancelling says what was imported until then; closing cancels, too.
 */
export function ImportDialog({ app, files, onClose }: Props) {
  const { t } = useTranslation();
  const [progress, setProgress] = useState<ImportProgress>({ done: 0, total: null, waitsUntil: null });
  const [result, setResult] = useState<ImportResult | null>(null);
  const hasBegun = useRef(false);
  const body = useRef<HTMLDivElement>(null);
  const [run] = useState(() => new AbortController());

  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    const close = () => body.current?.closest("dialog")?.close();
    const failed = (name: string, error: unknown) =>
      app.toasts.failure((t, why) => t("transfer.failed", { name, why }), error);
    void (async () => {
      try {
        const [{ importConversations }, { readInWorker: read }] = await loadCode(() =>
          Promise.all([
            import("~/browser/transfer/import-conversations"),
            import("~/browser/transfer/read-in-worker"),
          ]),
        );
        const { api, conversations, clock, random } = app;
        const { signal } = run;
        const made = await importConversations(files, {
          ...{ read, api, conversations, newId, clock, random, signal, onProgress: setProgress },
        });
        const isPlain = made.known === 0 && made.skipped.size === 0;
        const [onlyId] = made.importedIds;
        if (signal.aborted) setResult(made);
        else if (isPlain && made.importedIds.length + made.failed.length === 1) {
          close();
          if (onlyId !== undefined) app.conversations.open(onlyId);
          for (const { name, error } of made.failed) failed(name, error);
        } else setResult(made);
      } catch (error) {
        close();
        failed(files[0]?.name ?? "", error);
      }
    })();
  }, [app, files, run]);

  const { done, total, waitsUntil } = progress;
  return (
    <Dialog
      title={t("transfer.importTitle")}
      onClose={() => {
        run.abort();
        onClose();
      }}
    >
      <div ref={body} className="transfer">
        {result ? (
          <Summary result={result} />
        ) : (
          <>
            <progress
              className="transfer__progress"
              aria-label={t("transfer.importTitle")}
              {...(total !== null && { max: total, value: done })}
            />
            <p>{total === null ? t("transfer.reading") : t("transfer.progress", { done, total })}</p>
            <Countdown
              key={waitsUntil}
              until={waitsUntil ?? undefined}
              say={(time) => t("transfer.waits", { time })}
            />
            <div className="dialog__actions">
              <button type="button" className="button" onClick={() => run.abort()}>
                {t("dialog.cancel")}
              </button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Summary({ result: { importedIds, known, failed, skipped } }: { result: ImportResult }) {
  const { t, i18n } = useTranslation();
  const kinds = [...skipped].map((kind) => t(`transfer.kinds.${kind}`));
  return (
    <>
      <p role="status">{t("transfer.imported", { number: importedIds.length })}</p>
      {known > 0 && <p>{t("transfer.known", { number: known })}</p>}
      {kinds.length > 0 && (
        <p>{t("transfer.skipped", { kinds: new Intl.ListFormat(i18n.language).format(kinds) })}</p>
      )}
      {failed.length > 0 && (
        <>
          <p>{t("transfer.notImported", { number: failed.length })}</p>
          <ul className="transfer__list">
            {failed.map(({ name, number, error }, index) => (
              <li key={index}>
                <bdi>
                  {name || (number === null ? t("conversations.untitled") : t("transfer.number", { number }))}
                </bdi>
                <span>{` ${sentenceFor(t, userErrorOf(error))}`}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
