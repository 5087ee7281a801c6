import { useTranslation } from "react-i18next";
import { sentenceFor, type UserError } from "~/i18n/trouble";
import { WarningIcon } from "./icons";

/** What went wrong, read aloud when it comes; nothing where nothing did. */
export function TroubleNote({ trouble }: { trouble: UserError | string | null }) {
  const { t } = useTranslation();
  if (trouble === null) return null;
  return (
    <p role="alert" className="trouble">
      <WarningIcon />
      <span>{typeof trouble === "string" ? trouble : sentenceFor(t, trouble)}</span>
    </p>
  );
}
