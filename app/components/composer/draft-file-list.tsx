import { useCallback, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { DraftFile } from "~/browser/drafts/draft-file";
import { sentenceFor } from "~/i18n/user-error";
import { FileImage, type Download } from "~/components/messages/file-image";
import { formatSize } from "~/components/primitives/format-size";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon, DocumentIcon, ImageIcon, RetryIcon } from "~/components/primitives/icons";
import { useObjectUrl } from "~/components/hooks/use-object-url";

type Props = {
  files: readonly DraftFile[];
  draft: AttachmentDraft;
  download: Download;
  onRemoved: () => void;
};

/** The files of the next message, with the progress of each and a button to remove it. */
export function DraftFileList({ files, draft, download, onRemoved }: Props) {
  const { t } = useTranslation();
  return (
    <ul className="draft-files" aria-label={t("attachment.toSend")}>
      {files.map((file) => (
        <li key={file.key} className="draft-file" data-state={file.state}>
          <Picture file={file} download={download} />
          <span className="draft-file__words">
            <bdi className="draft-file__name">{file.filename}</bdi>
            <Progress file={file} />
          </span>
          {file.state === "failed" && file.canRetry && (
            <IconButton
              label={t("attachment.retry", { filename: file.filename })}
              icon={<RetryIcon />}
              onClick={() => draft.retry(file.key)}
            />
          )}
          <IconButton
            label={t("attachment.remove", { filename: file.filename })}
            icon={<CloseIcon />}
            onClick={() => {
              draft.remove(file.key);
              onRemoved();
            }}
          />
        </li>
      ))}
    </ul>
  );
}

function Progress({ file }: { file: DraftFile }) {
  const { t, i18n } = useTranslation();
  if (file.state === "failed") {
    return (
      <span className="draft-file__trouble" role="alert">
        {sentenceFor(t, file.error)}
      </span>
    );
  }
  if (file.state === "uploading") {
    return (
      <progress
        aria-label={t("attachment.uploading", { filename: file.filename })}
        value={file.progress}
        max={1}
      />
    );
  }
  return <span className="draft-file__size">{formatSize(file.part.size, i18n.language)}</span>;
}

function Picture({ file, download }: { file: DraftFile; download: Download }): ReactNode {
  const className = "draft-file__picture";
  if (file.kind === "document") {
    return (
      <span className={className}>
        <DocumentIcon />
      </span>
    );
  }
  if (file.blob) return <LocalImage blob={file.blob} className={className} />;
  if (file.state === "uploaded") {
    return <FileImage part={file.part} download={download} alt="" className={className} />;
  }
  return (
    <span className={className}>
      <ImageIcon />
    </span>
  );
}

function LocalImage({ blob, className }: { blob: Blob; className: string }) {
  const { url } = useObjectUrl(useCallback(() => Promise.resolve(blob), [blob]));
  return url ? <img className={className} src={url} alt="" /> : <span className={className} />;
}
