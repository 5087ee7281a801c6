import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { BlockToolbar, ToolbarCopyButton } from "./block-toolbar";
import { rowsOf, toCsv, toMarkdown } from "./parsing/table-text";

/** A table with a bar like that of code. In the tab order, since it may be scrollable. */
export function TableBlock({ dir, children }: { dir: "ltr" | "rtl" | undefined; children: ReactNode }) {
  const { t } = useTranslation();
  const table = useRef<HTMLTableElement>(null);
  return (
    <figure className="code-block table-block">
      <BlockToolbar title={t("markdown.table")}>
        <ToolbarCopyButton
          text="CSV"
          label={t("markdown.copyCsv")}
          content={() => toCsv(rowsOf(table.current!))}
        />
        <ToolbarCopyButton
          text="Markdown"
          label={t("markdown.copyMarkdown")}
          content={() => toMarkdown(rowsOf(table.current!))}
        />
      </BlockToolbar>
      <div className="table-scroll" dir={dir} tabIndex={0} role="group" aria-label={t("markdown.table")}>
        <table ref={table}>{children}</table>
      </div>
    </figure>
  );
}
