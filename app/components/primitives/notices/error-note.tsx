import { useTranslation } from "react-i18next";
import { sentenceFor, type UserError } from "~/i18n/user-error";
import { WarningIcon } from "~/components/primitives/icons";

/** An error, read out by screen readers when it appears. Renders nothing without an error. */
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
