import { useTranslation } from "react-i18next";
import type { Version } from "~/conversation/versions";
import { CopyButton } from "~/components/primitives/copy-button";
import { IconButton } from "~/components/primitives/icon-button";
import { ForkIcon, InfoIcon, RetryIcon } from "~/components/primitives/icons";
import type { MessageActions } from "./message-actions";
import { VersionSwitcher } from "./version-switcher";

type Props = {
  id: string;
  /** The Markdown of the answer; null if it has no text. */
  text: (() => string) | null;
  version: Version | undefined;
  model: string | undefined;
  isBusy: boolean;
  actions: MessageActions;
};

/** The actions on a settled answer. */
export function AssistantTools({ id, text, version, model, isBusy, actions }: Props) {
  const { t } = useTranslation();
  return (
    <div className="tools">
      <VersionSwitcher version={version} isBusy={isBusy} onShow={actions.showVersion} />
      {model !== undefined && <span className="tools__model">{model}</span>}
      <div className="tools__hidden">
        {text && <CopyButton text={text} label={t("message.copy")} />}
        <IconButton
          label={t("message.again")}
          icon={<RetryIcon />}
          isWaiting={isBusy}
          onClick={() => actions.retry(id)}
        />
        <IconButton label={t("message.fork")} icon={<ForkIcon />} onClick={() => actions.fork(id)} />
        <IconButton
          label={t("message.details")}
          icon={<InfoIcon />}
          onClick={() => actions.showDetails(id)}
        />
      </div>
    </div>
  );
}
