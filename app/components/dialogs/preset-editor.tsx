import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { PresetValues } from "~/browser/presets/presets";
import { useObservable } from "~/browser/page/use-observable";
import {
  MAX_INSTRUCTIONS_LENGTH,
  MAX_PRESET_NAME_LENGTH,
  MAX_PROMPT_LENGTH,
  MAX_PROMPTS,
} from "~/conversation/limits";
import { ModelChoiceField } from "~/components/composer/model-choice-field";
import { EffortField, TemperatureField } from "~/components/conversations/sampling-fields";
import { TextAreaField } from "./text-area-field";
import { Dialog } from "~/components/primitives/overlays/dialog";

type Props = {
  app: ChatApp;
  /** The values to begin with; null for none. */
  preset: PresetValues | null;
  /** The preset that is changed; undefined for a new one. */
  id?: string | undefined;
  onClose: () => void;
  onFailed: (error: unknown) => void;
};

const NO_VALUES: PresetValues = {
  name: "",
  instructions: "",
  modelId: null,
  temperature: null,
  effort: null,
  prompts: [],
};

/** The form of one preset. */
export function PresetEditor({ app, preset, id, onClose, onFailed }: Props) {
  const { t } = useTranslation();
  const nameId = useId();
  const { models } = useObservable(app.models);
  const [changed, setChanged] = useState<Partial<PresetValues>>({});
  const values = { ...(preset ?? NO_VALUES), ...changed };
  const [promptLines, setPromptLines] = useState(() => values.prompts.join("\n"));
  const change = (field: Partial<PresetValues>) => setChanged({ ...changed, ...field });
  const model = models.find(({ id }) => id === values.modelId);

  function save() {
    if (id === undefined) app.presets.add({ ...values, name: values.name.trim() });
    else
      app.presets.change(id, {
        ...changed,
        ...(changed.name !== undefined && { name: changed.name.trim() }),
      });
    onClose();
  }

  return (
    <Dialog title={id === undefined ? t("presets.new") : t("presets.change")} onClose={onClose} isWide>
      <form
        className="settings"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div className="settings__field">
          <label htmlFor={nameId}>{t("presets.name")}</label>
          <input
            id={nameId}
            className="settings__text settings__text--line"
            dir="auto"
            required
            pattern=".*\S.*"
            maxLength={MAX_PRESET_NAME_LENGTH}
            value={values.name}
            onChange={({ target }) => change({ name: target.value })}
          />
        </div>
        <TextAreaField
          label={t("conversationSettings.instructions")}
          rows={5}
          maxLength={MAX_INSTRUCTIONS_LENGTH}
          value={values.instructions}
          onChange={(instructions) => change({ instructions })}
        />
        <ModelChoiceField
          models={models}
          modelId={values.modelId}
          label={t("model.label")}
          none={t("presets.anyModel")}
          onPick={(modelId) => change({ modelId })}
          onFailed={onFailed}
        />
        {model?.efforts && (
          <EffortField
            efforts={model.efforts}
            effort={values.effort}
            onPick={(effort) => change({ effort })}
            onFailed={onFailed}
          />
        )}
        {model?.takesTemperature !== false && (
          <TemperatureField
            temperature={values.temperature}
            onPick={(temperature) => change({ temperature })}
          />
        )}
        <TextAreaField
          label={t("presets.prompts")}
          hint={t("presets.promptsHint", { count: MAX_PROMPTS })}
          rows={3}
          value={promptLines}
          onChange={(lines) => {
            setPromptLines(lines);
            change({ prompts: promptsIn(lines) });
          }}
        />
        <div className="dialog__actions">
          <button type="button" className="button button--quiet" onClick={onClose}>
            {t("dialog.cancel")}
          </button>
          <button type="submit" className="button button--primary">
            {t("dialog.save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function promptsIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim().slice(0, MAX_PROMPT_LENGTH))
    .filter((line) => line !== "")
    .slice(0, MAX_PROMPTS);
}
