import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "~/conversation/session/versions";
import { BackIcon, ForwardIcon } from "~/components/primitives/more-icons";

type Props = { version: Version | undefined; isBusy: boolean; onShow: (messageId: string) => void };

/** `‹ 2/3 ›`: switches between the versions of a message. Renders nothing for a single version. */
export function VersionSwitcher({ version, isBusy, onShow }: Props) {
  const { t } = useTranslation();
  if (!version || version.ids.length < 2) return null;
  const { ids, index } = version;
  const step = (to: number, label: string, icon: ReactNode) => (
    <button
      type="button"
      className="icon-button versions__step"
      aria-label={label}
      aria-disabled={isBusy || ids[to] === undefined}
      onClick={() => !isBusy && ids[to] !== undefined && onShow(ids[to])}
    >
      {icon}
    </button>
  );
  return (
    <div className="versions" role="group" aria-label={t("message.versions")}>
      {step(index - 1, t("message.previousVersion"), <BackIcon />)}
      <span aria-live="polite" aria-label={t("message.version", { number: index + 1, total: ids.length })}>
        {`${String(index + 1)}/${String(ids.length)}`}
      </span>
      {step(index + 1, t("message.nextVersion"), <ForwardIcon />)}
    </div>
  );
}
