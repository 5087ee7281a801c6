import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { Preset } from "~/browser/presets/presets";
import { useObservable } from "~/browser/page/use-observable";
import { MAX_INSTRUCTIONS_LENGTH } from "~/conversation/limits";
import { ModelChoiceField } from "~/components/composer/model-choice-field";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { IconButton } from "~/components/primitives/icon-button";
import { NewIcon } from "~/components/primitives/icons";
import { DeleteIcon, EditIcon } from "~/components/primitives/more-icons";
import { PresetEditor } from "./preset-editor";
import { TextAreaField } from "./text-area-field";

type Props = { app: ChatApp; onClose: () => void; onFailed: (error: unknown) => void };

/** What new conversations begin with: the default instructions and model, and the presets. Changes are stored at once. */
export function PresetsDialog({ app, onClose, onFailed }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const { list, defaults } = useObservable(app.presets);
  const { models } = useObservable(app.models);
  const [edited, setEdited] = useState<Preset | "new" | null>(null);
  return (
    <Dialog title={t("presets.title")} onClose={onClose} isWide>
      <div className="settings">
        <TextAreaField
          label={t("presets.instructions")}
          hint={t("presets.instructionsHint")}
          rows={4}
          maxLength={MAX_INSTRUCTIONS_LENGTH}
          value={defaults.instructions}
          onChange={(instructions) => app.presets.changeDefaults({ instructions })}
        />
        <ModelChoiceField
          models={models}
          modelId={defaults.modelId}
          label={t("presets.model")}
          none={t("presets.lastModel")}
          onPick={(modelId) => app.presets.changeDefaults({ modelId })}
          onFailed={onFailed}
        />
        <section className="settings__field" aria-labelledby={`${id}-presets`}>
          <h3 className="settings__heading" id={`${id}-presets`}>
            {t("presets.list")}
          </h3>
          <p className="settings__hint">{t("presets.listHint")}</p>
          <ul className="presets">
            {list.map((preset) => (
              <li key={preset.id} className="presets__item">
                <bdi className="presets__name">{preset.name}</bdi>
                {preset.isOwn ? (
                  <>
                    <IconButton
                      label={t("presets.edit", { name: preset.name })}
                      icon={<EditIcon />}
                      onClick={() => setEdited(preset)}
                    />
                    <IconButton
                      label={t("presets.delete", { name: preset.name })}
                      icon={<DeleteIcon />}
                      onClick={() => app.presets.remove(preset.id)}
                    />
                  </>
                ) : (
                  <span className="presets__origin">{t("presets.ofOperator")}</span>
                )}
              </li>
            ))}
          </ul>
          <button type="button" className="button" onClick={() => setEdited("new")}>
            <NewIcon />
            <span>{t("presets.new")}</span>
          </button>
        </section>
      </div>
      {edited !== null && (
        <PresetEditor
          app={app}
          preset={edited === "new" ? null : edited}
          id={edited === "new" ? undefined : edited.id}
          onClose={() => setEdited(null)}
          onFailed={onFailed}
        />
      )}
    </Dialog>
  );
}
