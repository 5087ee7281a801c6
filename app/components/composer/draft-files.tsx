import { useTranslation } from "react-i18next";
import type { AttachmentDraft } from "~/browser/drafts/attachment-draft";
import type { DraftFile } from "~/browser/drafts/draft-file";
import { isTaken, type AttachmentKind } from "~/conversation/files/attachment";
import type { Download } from "~/components/messages/file-image";
import { WarningIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";

const DraftFileList = lazyPart(() => import("./draft-file-list").then(({ DraftFileList }) => DraftFileList));

type Props = {
  files: readonly DraftFile[];
  draft: AttachmentDraft;
  download: Download;
  /** The reason why the model does not accept some of the files; null if it accepts all. */
  refused: string | null;
  onRemoved: () => void;
  /** Called when the code of the list could not be loaded. */
  onFailed: (error: unknown) => void;
};

/** The files of the next message, what is read out of them, and why the model does not accept them. */
export function DraftFiles({ files, draft, download, refused, onRemoved, onFailed }: Props) {
  const { t } = useTranslation();
  const uploaded = files.filter(({ state }) => state === "uploaded").map(({ filename }) => filename);
  return (
    <>
      <p className="visually-hidden" role="status">
        {uploaded.length > 0 && t("attachment.uploaded", { filenames: uploaded.join(", ") })}
      </p>
      {files.length > 0 && <DraftFileList {...{ files, draft, download, onRemoved, onFailed }} />}
      {refused !== null && (
        <p className="draft-files__refused" role="alert">
          <WarningIcon />
          <span>{refused}</span>
        </p>
      )}
    </>
  );
}

/** The reason why a model does not accept some of the files; null if it accepts all. */
export function useRefusal(
  files: readonly DraftFile[],
  model: { name: string; accepts: readonly AttachmentKind[] } | undefined,
): string | null {
  const { t } = useTranslation();
  if (!model) return null;
  const refused = files.find(({ mediaType }) => !isTaken(model.accepts, mediaType));
  if (!refused) return null;
  return t(refused.kind === "image" ? "attachment.noImages" : "attachment.noDocuments", {
    model: model.name,
  });
}
