import type { ModelView } from "~/conversation/api";
import { useModelOptions } from "./model-picker";
import { Select } from "~/components/primitives/select/select";

type Props = {
  models: readonly ModelView[];
  /** Null for no model in particular. */
  modelId: string | null;
  label: string;
  /** The name of the choice of no model. */
  none: string;
  onPick: (modelId: string | null) => void;
  onFailed: (error: unknown) => void;
};

/** A choice of a model, or of none in particular. A model that is not on offer any more stays chosen, by its id. */
export function ModelChoiceField({ models, modelId, label, none, onPick, onFailed }: Props) {
  const offered = useModelOptions(models);
  const gone = modelId !== null && !models.some(({ id }) => id === modelId);
  return (
    <Select
      label={label}
      isLabelled
      options={[
        { value: "", label: none },
        ...offered,
        ...(gone ? [{ value: modelId, label: modelId }] : []),
      ]}
      value={modelId ?? ""}
      onChange={(value) => onPick(value === "" ? null : value)}
      onFailed={onFailed}
    />
  );
}
