import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "~/conversation/session/versions";
import { CopyButton } from "~/components/primitives/copy-button";
import { IconButton } from "~/components/primitives/icon-button";
import { RetryIcon } from "~/components/primitives/icons";
import { ForkIcon, InfoIcon } from "~/components/primitives/more-icons";
import type { ModelView } from "~/conversation/api";
import type { MessageActions } from "./message-actions";
import { HiddenTools } from "./hidden-tools";
import { MessageTime } from "./message-time";
import { OtherModel } from "./other-model";
import { VersionSwitcher } from "./version-switcher";

type Props = {
  id: string;
  /** The Markdown of the answer; null if it has no text. */
  text: (() => string) | null;
  version: Version | undefined;
  model: string | undefined;
  models: readonly ModelView[];
  modelId: string | undefined;
  /** When the answer was begun. */
  at: string | undefined;
  /** Another button of the answer asks again already. */
  hasRetry: boolean;
  isBusy: boolean;
  actions: MessageActions;
};

/** The actions on a settled answer. */
export function AssistantTools(props: Props) {
  const { id, text, version, model, models, modelId, at, hasRetry, isBusy, actions } = props;
  const { t } = useTranslation();
  return (
    <div className="tools">
      <VersionSwitcher version={version} isBusy={isBusy} onShow={actions.showVersion} />
      {model !== undefined && <span className="tools__note">{model}</span>}
      <HiddenTools>
        {text && <CopyButton text={text} label={t("message.copy")} />}
        {!hasRetry && (
          <>
            <IconButton
              label={t("message.again")}
              icon={<RetryIcon />}
              isWaiting={isBusy}
              onClick={() => actions.retry(id)}
            />
            <OtherModel
              {...{ models, modelId, isBusy }}
              onPick={(picked) => actions.retry(id, picked)}
              onFailed={actions.partFailed}
            />
          </>
        )}
        <ForkButton fork={() => actions.fork(id)} />
        <IconButton
          label={t("message.details")}
          icon={<InfoIcon />}
          onClick={() => actions.showDetails(id)}
        />
        {at !== undefined && <MessageTime at={at} />}
      </HiddenTools>
    </div>
  );
}

/** Waits for the copy, so that a double click begins one. */
function ForkButton({ fork }: { fork: () => Promise<void> }) {
  const { t } = useTranslation();
  const [isBusy, setIsBusy] = useState(false);
  async function begin() {
    setIsBusy(true);
    await fork();
    setIsBusy(false);
  }
  return (
    <IconButton
      label={t("message.fork")}
      icon={<ForkIcon />}
      isWaiting={isBusy}
      onClick={() => void begin()}
    />
  );
}
