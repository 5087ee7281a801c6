import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { UploadIcon } from "~/components/primitives/more-icons";

/** Chooses files with exported conversations. */
export function ImportButton({ onImport }: { onImport: (files: readonly File[]) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,.zip,application/json,application/zip"
        multiple
        hidden
        aria-label={t("transfer.import")}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = "";
          if (files.length > 0) onImport(files);
        }}
      />
      <button type="button" className="button" onClick={() => input.current?.click()}>
        <UploadIcon />
        <span>{t("transfer.import")}</span>
      </button>
    </>
  );
}
