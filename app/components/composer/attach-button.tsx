import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { AttachIcon } from "~/components/primitives/icons";

type Props = {
  /** Why the model cannot be given files at all; null where it can be given some. */
  refusal: string | null;
  onFiles: (files: readonly File[]) => void;
};

/** Some browsers know no type for these, and would leave them out of their dialog. */
const ACCEPT =
  "image/*,application/pdf,text/*,application/json,.md,.markdown,.csv,.txt,.log,.json,.yaml,.yml";

export function AttachButton({ refusal, onFiles }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="icon-button composer__attach"
        aria-label={t("attachment.add")}
        aria-disabled={refusal !== null}
        title={refusal ?? t("attachment.add")}
        onClick={refusal === null ? () => input.current?.click() : undefined}
      >
        <AttachIcon />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        data-testid="file-input"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file may be chosen again after it was removed.
          target.value = "";
        }}
      />
    </>
  );
}
