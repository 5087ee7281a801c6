import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Effort } from "~/conversation/effort";
import { Select } from "~/components/primitives/select/select";

type EffortFieldProps = {
  /** The efforts that the model offers. */
  efforts: readonly Effort[];
  /** Null for the default of the model. */
  effort: Effort | null;
  onPick: (effort: Effort | null) => void;
  onFailed: (error: unknown) => void;
};

export function EffortField({ efforts, effort, onPick, onFailed }: EffortFieldProps) {
  const { t } = useTranslation();
  const names = efforts.map((value) => ({ value, label: t(`conversationSettings.efforts.${value}`) }));
  const chosen = efforts.find((value) => value === effort) ?? "";
  return (
    <Select<Effort | "">
      label={t("conversationSettings.effort")}
      isLabelled
      options={[{ value: "", label: t("conversationSettings.modelsChoice") }, ...names]}
      value={chosen}
      onChange={(value) => onPick(value === "" ? null : value)}
      onFailed={onFailed}
    />
  );
}

type TemperatureFieldProps = {
  /** Null for the default of the model. */
  temperature: number | null;
  onPick: (temperature: number | null) => void;
};

export function TemperatureField({ temperature, onPick }: TemperatureFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <div className="settings__field">
      <label htmlFor={id}>{t("conversationSettings.temperature")}</label>
      <div className="temperature">
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.1}
          value={temperature ?? 0.5}
          data-unset={temperature === null}
          aria-valuetext={temperature === null ? t("conversationSettings.modelsChoice") : undefined}
          onChange={({ target }) => onPick(Number(target.value))}
        />
        <output htmlFor={id}>
          {temperature === null ? t("conversationSettings.modelsChoice") : temperature}
        </output>
        {temperature !== null && (
          <button type="button" className="button button--quiet" onClick={() => onPick(null)}>
            {t("conversationSettings.reset")}
          </button>
        )}
      </div>
      <p className="settings__hint">{t("conversationSettings.temperatureHint")}</p>
    </div>
  );
}
