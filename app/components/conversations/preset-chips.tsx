import { useTranslation } from "react-i18next";
import type { Preset } from "~/browser/presets/presets";

type Props = {
  presets: readonly Preset[];
  chosenId: string | null;
  /** Null for none. */
  onChoose: (preset: Preset | null) => void;
};

/** The presets for a new conversation. The chosen one is left by a second press. */
export function PresetChips({ presets, chosenId, onChoose }: Props) {
  const { t } = useTranslation();
  if (presets.length === 0) return null;
  return (
    <ul className="preset-chips" aria-label={t("presets.choose")}>
      {presets.map((preset) => (
        <li key={preset.id}>
          <button
            type="button"
            className="preset-chip"
            aria-pressed={preset.id === chosenId}
            onClick={() => onChoose(preset.id === chosenId ? null : preset)}
          >
            <bdi>{preset.name}</bdi>
          </button>
        </li>
      ))}
    </ul>
  );
}
