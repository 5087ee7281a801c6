import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { AttachIcon } from "~/components/primitives/icons";

type Props = {
  /** What the model does not accept; null if it accepts all kinds. */
  hint: string | null;
  onFiles: (files: readonly File[]) => void;
};

export function AttachButton({ hint, onFiles }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="icon-button composer__attach"
        aria-label={t("attachment.add")}
        title={hint ?? t("attachment.add")}
        aria-description={hint ?? undefined}
        onClick={() => input.current?.click()}
      >
        <AttachIcon />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="file-input"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // Allows choosing the same file again after it was removed.
          target.value = "";
        }}
      />
    </>
  );
}
