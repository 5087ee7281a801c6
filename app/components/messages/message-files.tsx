import { useState } from "react";
import { useTranslation } from "react-i18next";
import { saveBlob } from "~/browser/page/save-blob";
import { attachmentKind, type AttachmentPart } from "~/conversation/files/attachment";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { FileImage, type Download } from "./file-image";
import { formatSize } from "~/components/primitives/format-size";
import { DocumentIcon } from "~/components/primitives/icons";
import { DownloadIcon } from "~/components/primitives/more-icons";

type Props = { files: readonly AttachmentPart[]; download: Download };

/** The files of a message: images are shown, documents can be downloaded. */
export function MessageFiles({ files, download }: Props) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState<AttachmentPart | null>(null);
  const { save, failed } = useSave(download);

  return (
    <>
      <ul className="message-files" aria-label={t("attachment.sent")}>
        {files.map((part, index) => (
          <li key={`${String(index)} ${part.url}`}>
            {attachmentKind(part.mediaType) === "image" ? (
              <button
                type="button"
                className="message-files__image"
                aria-label={t("attachment.open", { filename: part.filename })}
                onClick={() => setOpen(part)}
              >
                <FileImage part={part} download={download} alt="" className="message-files__thumbnail" />
              </button>
            ) : (
              <button
                type="button"
                className="message-files__document"
                aria-label={t("attachment.download", { filename: part.filename })}
                onClick={() => save(part)}
              >
                <DocumentIcon />
                <span className="message-files__words">
                  <bdi className="message-files__name">{part.filename}</bdi>
                  <span className="message-files__size">{formatSize(part.size, i18n.language)}</span>
                </span>
                <DownloadIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      {failed && <Failure filename={failed.filename} />}
      {open && (
        <Dialog title={open.filename} className="image-dialog" onClose={() => setOpen(null)}>
          <FileImage part={open} download={download} alt={open.filename} className="image-dialog__image" />
          {failed && <Failure filename={failed.filename} />}
          <div className="dialog__actions">
            <button type="button" className="button" onClick={() => save(open)}>
              <DownloadIcon />
              <span>{t("attachment.save")}</span>
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Failure({ filename }: { filename: string }) {
  const { t } = useTranslation();
  return (
    <p role="alert" className="trouble">
      {t("attachment.notLoaded", { filename })}
    </p>
  );
}

function useSave(download: Download) {
  const [failed, setFailed] = useState<AttachmentPart | null>(null);
  async function saveOne(part: AttachmentPart) {
    setFailed(null);
    try {
      saveBlob(await download(part), part.filename);
    } catch {
      setFailed(part);
    }
  }
  return { failed, save: (part: AttachmentPart) => void saveOne(part) };
}
