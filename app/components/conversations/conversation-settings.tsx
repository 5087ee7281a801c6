import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatSession } from "~/browser/chat/chat-session";
import { modelFor, type ModelChoice } from "~/browser/chat/model-choice";
import { INSTRUCTIONS } from "~/browser/drafts/unfinished-edits";
import { useObservable } from "~/browser/page/use-observable";
import { MAX_INSTRUCTIONS_LENGTH } from "~/conversation/limits";
import { Dialog } from "~/components/primitives/dialog";
import { ModelPicker } from "~/components/composer/model-picker";

type Props = {
  chat: ChatSession;
  models: ModelChoice;
  onPickModel: (modelId: string) => void;
  onClose: () => void;
};

/** The settings of one conversation: model, instructions, temperature. They are part of the session. */
export function ConversationSettings({ chat, models, onPickModel, onClose }: Props) {
  const { t } = useTranslation();
  const ids = { instructions: useId(), hint: useId() };
  const { session, pickedSettings, pickedModelId } = useObservable(chat);
  const settings = { ...session?.settings, ...pickedSettings };
  const saved = settings.instructions ?? "";
  const [typed, setTyped] = useState(() => chat.edits.read(INSTRUCTIONS));
  /** Undefined until it is changed; null for the default of the model. */
  const [picked, setPicked] = useState<number | null>();
  const temperature = picked === undefined ? (settings.temperature ?? null) : picked;
  const isTyped = typed !== null && typed !== saved;
  const isUnsaved = isTyped || (session !== null && Object.keys(pickedSettings).length > 0);
  const modelId = modelFor(models, [pickedModelId, session?.settings.modelId]);
  const takesTemperature = models.models.find(({ id }) => id === modelId)?.takesTemperature ?? false;

  /** Stored as an unfinished edit, until it is saved or cancelled. */
  function type(text: string) {
    const changed = text === saved ? null : text;
    setTyped(changed);
    chat.edits.put(INSTRUCTIONS, changed);
  }

  function save() {
    chat.changeSettings({
      ...(typed !== null && { instructions: typed }),
      ...(picked !== undefined && { temperature: picked }),
    });
    cancel();
  }

  function cancel() {
    chat.edits.put(INSTRUCTIONS, null);
    onClose();
  }

  return (
    <Dialog title={t("conversationSettings.title")} onClose={onClose} isWide>
      <form
        className="settings"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div className="settings__field">
          <ModelPicker models={models.models} modelId={modelId} onPick={onPickModel} isLabelled />
        </div>
        <div className="settings__field">
          <label htmlFor={ids.instructions}>{t("conversationSettings.instructions")}</label>
          <textarea
            id={ids.instructions}
            className="settings__text"
            rows={6}
            dir="auto"
            maxLength={MAX_INSTRUCTIONS_LENGTH}
            aria-describedby={ids.hint}
            value={typed ?? saved}
            onChange={({ target }) => type(target.value)}
          />
          <p className="settings__hint" id={ids.hint}>
            <span>{`${t("conversationSettings.instructionsHint")} `}</span>
            {isUnsaved && <span>{t("conversationSettings.notSaved")}</span>}
          </p>
        </div>
        {takesTemperature && <TemperatureField temperature={temperature} onPick={setPicked} />}
        <div className="dialog__actions">
          <button type="button" className="button button--quiet" onClick={cancel}>
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

type TemperatureFieldProps = {
  /** Null for the default of the model. */
  temperature: number | null;
  onPick: (temperature: number | null) => void;
};

function TemperatureField({ temperature, onPick }: TemperatureFieldProps) {
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
