import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "~/conversation/versions";
import { CopyButton } from "./copy-button";
import { ForkIcon, InfoIcon, RetryIcon } from "./icons";
import type { MessageActions } from "./message-actions";
import { VersionSwitcher } from "./version-switcher";

type Props = {
  id: string;
  /** As the model wrote it, in Markdown. */
  text: () => string;
  version: Version | undefined;
  isBusy: boolean;
  actions: MessageActions;
};

/** What can be done with an answer that has ended. */
export function AssistantTools({ id, text, version, isBusy, actions }: Props) {
  const { t } = useTranslation();
  const tool = (label: string, icon: ReactNode, act: (id: string) => void, waits: boolean) => (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      aria-disabled={waits}
      onClick={() => !waits && act(id)}
    >
      {icon}
    </button>
  );
  return (
    <div className="tools">
      <VersionSwitcher version={version} isBusy={isBusy} onShow={actions.showVersion} />
      <div className="tools__hidden">
        <CopyButton text={text} label={t("message.copy")} />
        {tool(t("message.again"), <RetryIcon />, actions.retry, isBusy)}
        {tool(t("message.fork"), <ForkIcon />, actions.fork, false)}
        {tool(t("message.details"), <InfoIcon />, actions.showDetails, false)}
      </div>
    </div>
  );
}
