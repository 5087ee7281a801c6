import { useTranslation } from "react-i18next";
import type { Draft } from "~/browser/drafts/draft";
import { useObservable } from "~/browser/page/use-observable";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon } from "~/components/primitives/icons";
import { focusComposer } from "./focus-composer";

/** Offers the words that were typed in another tab and are not shown, above the composer. */
export function DraftAside({ draft }: { draft: Draft }) {
  const { t } = useTranslation();
  const other = useObservable(draft.aside).at(-1);
  const andFocus = (act: () => void) => () => {
    act();
    focusComposer();
  };
  return (
    <div role="status">
      {other !== undefined && (
        <div className="composer__aside">
          <span title={other}>{t("composer.otherDraft")}</span>
          <button type="button" className="button button--quiet" onClick={andFocus(draft.showAside)}>
            {t("composer.showDraft")}
          </button>
          <IconButton
            label={t("composer.dropDraft")}
            icon={<CloseIcon />}
            onClick={andFocus(draft.dropAside)}
          />
        </div>
      )}
    </div>
  );
}
