import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useModelOptions } from "~/components/composer/model-picker";
import { ArrowDownIcon } from "~/components/primitives/icons";
import { SelectPopup } from "~/components/primitives/select/select";
import type { ModelView } from "~/conversation/api";

type Props = {
  models: readonly ModelView[];
  /** The model that has answered. */
  modelId: string | undefined;
  isBusy: boolean;
  /** With words, for people who see an error; otherwise an arrow beside the button that asks the same model. */
  hasWords?: boolean;
  onPick: (modelId: string) => void;
  onFailed: (error: unknown) => void;
};

/** Asks another model for an answer. Renders nothing where there is no other. */
export function OtherModel(props: Props) {
  const { models, modelId = "", isBusy, hasWords = false, onPick, onFailed } = props;
  const { t } = useTranslation();
  const options = useModelOptions(models);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  if (models.length < 2) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className={hasWords ? "button button--quiet" : "icon-button tools__more"}
        aria-label={hasWords ? undefined : t("message.otherModel")}
        title={hasWords ? undefined : t("message.otherModel")}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-disabled={isBusy}
        onPointerEnter={SelectPopup.preload}
        onFocus={SelectPopup.preload}
        onClick={() => !isBusy && setIsOpen(!isOpen)}
      >
        {hasWords && <span>{t("message.otherModel")}</span>}
        <ArrowDownIcon />
      </button>
      {isOpen && (
        <SelectPopup
          listId={`other-model-${String(hasWords)}`}
          anchor={button}
          label={t("message.otherModel")}
          options={options}
          value={modelId}
          onChoose={(index) => onPick(options[index]!.value)}
          onClose={() => setIsOpen(false)}
          onFailed={(error) => {
            setIsOpen(false);
            onFailed(error);
          }}
        />
      )}
    </>
  );
}
