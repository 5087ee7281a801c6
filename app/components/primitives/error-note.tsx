import { useTranslation } from "react-i18next";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { WarningIcon } from "./icons";

/** What went wrong, read aloud when it comes; nothing where nothing did. */
export function ErrorNote({ error }: { error: UserError | string | null }) {
  const { t } = useTranslation();
  if (error === null) return null;
  return (
    <p role="alert" className="trouble">
      <WarningIcon />
      <span>{typeof error === "string" ? error : sentenceFor(t, error)}</span>
    </p>
  );
}
