import type { ModelView } from "~/conversation/api";
import { SelectField } from "~/components/primitives/select-field";

type Props = {
  models: readonly ModelView[];
  /** Null for no model in particular. */
  modelId: string | null;
  label: string;
  /** The name of the choice of no model. */
  none: string;
  onPick: (modelId: string | null) => void;
};

/** A choice of a model, or of none in particular. A model that is not on offer any more stays chosen, by its id. */
export function ModelChoiceField({ models, modelId, label, none, onPick }: Props) {
  const offered = models.map(({ id, name }) => ({ value: id, label: name }));
  const gone = modelId !== null && !models.some(({ id }) => id === modelId);
  return (
    <SelectField
      label={label}
      options={[
        { value: "", label: none },
        ...offered,
        ...(gone ? [{ value: modelId, label: modelId }] : []),
      ]}
      value={modelId ?? ""}
      onChange={(value) => onPick(value === "" ? null : value)}
    />
  );
}
