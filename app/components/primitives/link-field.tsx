import { useTranslation } from "react-i18next";
import { CopyButton } from "./copy-button";

type Props = { label: string; url: string };

/** An address to copy, by its button or by hand. */
export function LinkField({ label, url }: Props) {
  const { t } = useTranslation();
  return (
    <div className="link-field">
      <input
        className="link-field__url"
        aria-label={label}
        dir="ltr"
        readOnly
        value={url}
        onFocus={({ target }) => target.select()}
      />
      <CopyButton text={() => url} label={t("share.copy")} />
    </div>
  );
}
