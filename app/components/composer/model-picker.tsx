import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import { Select, type SelectOption } from "~/components/primitives/select/select";
import type { ModelView } from "~/conversation/api";

type Props = {
  models: readonly ModelView[];
  modelId: string;
  onPick: (modelId: string) => void;
  onFailed: (error: unknown) => void;
  isLabelled?: boolean;
};

export function ModelPicker({ models, modelId, onPick, onFailed, isLabelled = false }: Props) {
  const { t } = useTranslation();
  const options = useModelOptions(models);
  return (
    <Select
      className="model-picker"
      label={t("model.label")}
      value={modelId}
      options={options}
      isLabelled={isLabelled}
      onChange={onPick}
      onFailed={onFailed}
    />
  );
}

/** The models on offer, by provider if there are several, with what each takes and costs. */
export function useModelOptions(models: readonly ModelView[]): SelectOption[] {
  const { t, i18n } = useTranslation();
  return useMemo(() => {
    const isGrouped = new Set(models.map(({ provider }) => provider)).size > 1;
    return models.map((model) => ({
      value: model.id,
      label: model.name,
      group: isGrouped ? model.provider : undefined,
      detail: detailOf(model, t, i18n.language),
    }));
  }, [models, t, i18n.language]);
}

function detailOf(model: ModelView, t: TFunction, language: string): string {
  const { accepts, efforts, inputPricePerMillion, outputPricePerMillion } = model;
  const taken = [t("model.takes.text"), ...accepts.map((kind) => t(`model.takes.${kind}`))];
  if (efforts) taken.push(t("model.takes.reasoning"));
  const takes = new Intl.ListFormat(language, { type: "unit", style: "short" }).format(taken);
  if (inputPricePerMillion === undefined || outputPricePerMillion === undefined) return takes;
  const dollars = new Intl.NumberFormat(language, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: 2,
    maximumFractionDigits: 4,
    trailingZeroDisplay: "stripIfInteger",
  });
  const price = t("model.price", {
    input: dollars.format(inputPricePerMillion),
    output: dollars.format(outputPricePerMillion),
  });
  return `${takes} · ${price}`;
}
