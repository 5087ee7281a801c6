import { editSettings, type SettingsEdit } from "~/conversation/edit-session";
import type { Settings } from "~/conversation/session";
import { ApiError } from "./api-error";
import type { UnsavedSettings } from "./unsaved-settings";

export type SettingsSaver = {
  change: (edit: SettingsEdit) => void;
  /** Tells the server what it has not heard of yet, if there is anything and this is the time. */
  save: () => Promise<void>;
  /** The server may think otherwise now of what it has refused. */
  retry: () => Promise<void>;
};

type Dependencies = {
  unsaved: UnsavedSettings;
  /** The settings of the session; undefined where there is none yet, or they cannot be saved now. */
  current: () => Settings | undefined;
  save: (edit: SettingsEdit) => Promise<void>;
  /** What the session does not say yet. */
  onChange: (unsaved: SettingsEdit) => void;
  onSaved: (edit: SettingsEdit) => void;
  onFailed: (error: unknown) => void;
};

/** Keeps what a person has set until the server has it, also where that takes longer than the page lives. */
export function createSettingsSaver(dependencies: Dependencies): SettingsSaver {
  const { unsaved, current, onChange, onSaved, onFailed } = dependencies;
  let isSaving = false;
  let isRefused = false;

  async function save(): Promise<void> {
    const settings = current();
    if (!settings || isSaving || isRefused) return;
    // Read anew: another tab may have saved them, or set something else.
    const edit = unsaved.read();
    const isSaid = editSettings(settings, edit) === settings;
    if (isSaid) unsaved.clear();
    onChange(isSaid ? {} : edit);
    if (isSaid) return;
    isSaving = true;
    try {
      await dependencies.save(edit);
      onSaved(edit);
    } catch (error) {
      isRefused = !(error instanceof ApiError && error.isPassing);
      return onFailed(error);
    } finally {
      isSaving = false;
    }
    // There may be newer ones by now.
    return save();
  }

  function tryAgain() {
    isRefused = false;
    return save();
  }

  return {
    change(edit) {
      if (Object.keys(edit).length > 0) {
        const next = { ...unsaved.read(), ...edit };
        unsaved.put(next);
        onChange(next);
      }
      void tryAgain();
    },
    save,
    retry: tryAgain,
  };
}
