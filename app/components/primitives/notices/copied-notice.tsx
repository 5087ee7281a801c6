import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { pageClock } from "~/browser/page/page-clock";

const SHOWN_MS = 2_000;

/** Confirms for a moment that an answer was copied by a key, since there is no button to show it. */
export function CopiedNotice({ isCopied, onEnd }: { isCopied: boolean; onEnd: () => void }) {
  const { t } = useTranslation();
  useEffect(() => pageClock.after(SHOWN_MS, onEnd), [onEnd]);
  return (
    <p className="conversation__reconnecting" role="status">
      {isCopied ? t("markdown.copied") : t("markdown.notCopied")}
    </p>
  );
}
