import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { ModelView } from "~/conversation/api";
import { DeleteIcon, MenuIcon, NewIcon, SettingsIcon } from "./icons";
import { ModelPicker } from "./model-picker";

type Props = {
  title: string;
  models: readonly ModelView[];
  modelId: string;
  canDelete: boolean;
  onPickModel: (modelId: string) => void;
  onShowSettings: () => void;
  onDelete: () => void;
  /** Null where the sidebar is always in view. */
  onOpenDrawer: (() => void) | null;
  onStartNew: () => void;
};

export const ConversationHeader = memo(function ConversationHeader(props: Props) {
  const {
    title,
    models,
    modelId,
    canDelete,
    onPickModel,
    onShowSettings,
    onDelete,
    onOpenDrawer,
    onStartNew,
  } = props;
  const { t } = useTranslation();
  return (
    <header className="header">
      {onOpenDrawer && (
        <button
          type="button"
          className="icon-button"
          aria-label={t("conversations.show")}
          onClick={onOpenDrawer}
        >
          <MenuIcon />
        </button>
      )}
      <div className="header__middle">
        <h1 className="header__title" dir="auto">
          {title}
        </h1>
        <ModelPicker models={models} modelId={modelId} onPick={onPickModel} />
      </div>
      {onOpenDrawer && (
        <button
          type="button"
          className="icon-button"
          aria-label={t("conversations.new")}
          onClick={onStartNew}
        >
          <NewIcon />
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label={t("conversationSettings.title")}
        title={t("conversationSettings.title")}
        onClick={onShowSettings}
      >
        <SettingsIcon />
      </button>
      {canDelete && (
        <button type="button" className="icon-button" aria-label={t("deletion.button")} onClick={onDelete}>
          <DeleteIcon />
        </button>
      )}
    </header>
  );
});
