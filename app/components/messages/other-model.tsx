import { useRef, useState, type ComponentProps } from "react";
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
        <ModelPopup
          listId={`other-model-${String(hasWords)}`}
          anchor={button}
          label={t("message.otherModel")}
          models={models}
          value={modelId}
          onPick={onPick}
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

type PopupProps = Omit<ComponentProps<typeof SelectPopup>, "options" | "onChoose"> &
  Pick<Props, "models" | "onPick">;

/** A component of its own, because every answer has the button, and the options take longer than all of it. */
function ModelPopup({ models, onPick, ...rest }: PopupProps) {
  const options = useModelOptions(models);
  return <SelectPopup {...rest} options={options} onChoose={(index) => onPick(options[index]!.value)} />;
}
