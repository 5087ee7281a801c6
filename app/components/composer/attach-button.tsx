import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { AttachIcon } from "~/components/primitives/icons";

type Props = {
  /** The reason why the model accepts no files; null if it accepts some. */
  refusal: string | null;
  onFiles: (files: readonly File[]) => void;
};

/** Extensions whose media type some browsers do not know, and would leave out of their dialog. */
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
          // Allows choosing the same file again after it was removed.
          target.value = "";
        }}
      />
    </>
  );
}
