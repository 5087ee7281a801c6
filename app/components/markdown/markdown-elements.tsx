import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AlertKind } from "./parse-markdown";

type Direction = "ltr" | "rtl" | undefined;

/** In the tab order, since it may be scrollable. */
export function TableFrame({ dir, children }: { dir: Direction; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll" dir={dir} tabIndex={0} role="group" aria-label={t("markdown.table")}>
      <table>{children}</table>
    </div>
  );
}

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
