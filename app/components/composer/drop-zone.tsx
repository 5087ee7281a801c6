import { useTranslation } from "react-i18next";
import { AttachIcon } from "~/components/primitives/icons";
import { useFileDrop } from "~/components/hooks/use-file-drop";

type Props = { onFiles: (files: readonly File[]) => void };

/** Covers the conversation while files are dragged over the page. */
export function DropZone({ onFiles }: Props) {
  const { t } = useTranslation();
  if (!useFileDrop(onFiles)) return null;
  return (
    <div className="drop-zone" data-testid="drop-zone">
      <AttachIcon />
      <span>{t("attachment.drop")}</span>
    </div>
  );
}
