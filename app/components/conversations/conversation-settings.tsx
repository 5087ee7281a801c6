import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import type { ModelChoice } from "~/browser/chat/sending/model-choice";
import { INSTRUCTIONS } from "~/browser/drafts/unfinished-edits";
import { settingsOf } from "~/browser/presets/presets";
import { useObservable } from "~/browser/page/use-observable";
import type { Effort } from "~/conversation/effort";
import { MAX_INSTRUCTIONS_LENGTH } from "~/conversation/limits";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { TextAreaField } from "~/components/dialogs/text-area-field";
import { PresetEditor } from "~/components/dialogs/preset-editor";
import { ToolsField } from "./tools-field";
import { EffortField, TemperatureField } from "./sampling-fields";
import { ModelPicker } from "~/components/composer/model-picker";

type Props = {
  app: ChatApp;
  chat: ChatSession;
  models: ModelChoice;
  modelId: string;
  onPickModel: (modelId: string) => void;
  onFailed: (error: unknown) => void;
  onClose: () => void;
};

/** The settings of one conversation: model, instructions, effort, temperature. They are part of the session. */
export function ConversationSettings({ app, chat, models, modelId, onPickModel, onFailed, onClose }: Props) {
  const { t } = useTranslation();
  const { session, pickedSettings } = useObservable(chat);
  const { defaults } = useObservable(app.presets);
  const settings = { ...(session?.settings ?? settingsOf(defaults)), ...pickedSettings };
  const saved = settings.instructions ?? "";
  const [typed, setTyped] = useState(() => chat.edits.read(INSTRUCTIONS));
  /** Undefined until it is changed; null for the default of the model. */
  const [picked, setPicked] = useState<number | null>();
  const temperature = picked === undefined ? (settings.temperature ?? null) : picked;
  const [pickedEffort, setPickedEffort] = useState<Effort | null>();
  const effort = pickedEffort === undefined ? (settings.effort ?? null) : pickedEffort;
  const [isPreset, setIsPreset] = useState(false);
  const isTyped = typed !== null && typed !== saved;
  const isUnsaved = isTyped || (session !== null && Object.keys(pickedSettings).length > 0);
  const model = models.models.find(({ id }) => id === modelId);

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
      ...(pickedEffort !== undefined && { effort: pickedEffort }),
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
          <ModelPicker models={models.models} onPick={onPickModel} isLabelled {...{ modelId, onFailed }} />
        </div>
        <TextAreaField
          label={t("conversationSettings.instructions")}
          hint={
            <>
              <span>{`${t("conversationSettings.instructionsHint")} `}</span>
              {isUnsaved && <span>{t("conversationSettings.notSaved")}</span>}
            </>
          }
          rows={6}
          maxLength={MAX_INSTRUCTIONS_LENGTH}
          value={typed ?? saved}
          onChange={type}
        />
        {model?.efforts && (
          <EffortField efforts={model.efforts} effort={effort} onPick={setPickedEffort} onFailed={onFailed} />
        )}
        {model?.takesTemperature && <TemperatureField temperature={temperature} onPick={setPicked} />}
        {app.hasTools && <ToolsField app={app} chat={chat} />}
        <div className="dialog__actions">
          <button
            type="button"
            className="button button--quiet dialog__aside"
            onClick={() => setIsPreset(true)}
          >
            {t("presets.save")}
          </button>
          <button type="button" className="button button--quiet" onClick={cancel}>
            {t("dialog.cancel")}
          </button>
          <button type="submit" className="button button--primary">
            {t("dialog.save")}
          </button>
        </div>
      </form>
      {isPreset && (
        <PresetEditor
          app={app}
          preset={{ name: "", prompts: [], modelId, instructions: typed ?? saved, temperature, effort }}
          onClose={() => setIsPreset(false)}
          onFailed={onFailed}
        />
      )}
    </Dialog>
  );
}
