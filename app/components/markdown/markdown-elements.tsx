import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AlertKind } from "./parsing/parse-markdown";

type Direction = "ltr" | "rtl" | undefined;

/** The read-only box of a task list item. */
export function TaskBox({ checked }: { checked: boolean }) {
  const { t } = useTranslation();
  return (
    <input
      type="checkbox"
      checked={checked}
      disabled
      aria-label={checked ? t("markdown.done") : t("markdown.toDo")}
    />
  );
}

export function AlertBox({ kind, dir, children }: { kind: AlertKind; dir: Direction; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={`alert alert--${kind}`} role="note" dir={dir}>
      <p className="alert__title">{t(`markdown.alerts.${kind}`)}</p>
      {children}
    </div>
  );
}
