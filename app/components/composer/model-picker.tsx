import { useTranslation } from "react-i18next";
import type { ModelView } from "~/conversation/api";

type Props = {
  models: readonly ModelView[];
  modelId: string;
  onPick: (modelId: string) => void;
  isLabelled?: boolean;
};

export function ModelPicker({ models, modelId, onPick, isLabelled = false }: Props) {
  const { t } = useTranslation();
  const providers = [...new Set(models.map(({ provider }) => provider))];
  const options = (offered: readonly ModelView[]) =>
    offered.map(({ id, name }) => (
      <option key={id} value={id}>
        {name}
      </option>
    ));
  return (
    <label className="model-picker">
      <span className={isLabelled ? "model-picker__label" : "visually-hidden"}>{t("model.label")}</span>
      <select value={modelId} onChange={(event) => onPick(event.target.value)}>
        {providers.length === 1
          ? options(models)
          : providers.map((provider) => (
              <optgroup key={provider} label={provider}>
                {options(models.filter((model) => model.provider === provider))}
              </optgroup>
            ))}
      </select>
    </label>
  );
}
