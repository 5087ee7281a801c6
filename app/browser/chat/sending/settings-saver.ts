import { editSettings, type SettingsEdit } from "~/conversation/session/edit-session";
import { mergeToolEdits } from "~/conversation/calls/tool-choice";
import type { Settings } from "~/conversation/session/session";
import { ApiError } from "~/browser/chat/api-error";
import type { UnsavedSettings } from "./unsaved-settings";

export type SettingsSaver = {
  change: (edit: SettingsEdit) => void;
  /** Replaces all unsaved settings. */
  replace: (edit: SettingsEdit) => void;
  /** Saves the unsaved settings, if there are any and they can be saved now. */
  save: () => Promise<void>;
  /** Saves also settings that the server has refused before. */
  retry: () => Promise<void>;
};

type Dependencies = {
  unsaved: UnsavedSettings;
  /** The settings of the session; undefined if there is no session yet, or they cannot be saved now. */
  current: () => Settings | undefined;
  save: (edit: SettingsEdit) => Promise<void>;
  /** Called with the settings that the session does not have yet. */
  onChange: (unsaved: SettingsEdit) => void;
  /** Called when the server has saved settings. */
  onSaved: (edit: SettingsEdit) => void;
  /** Called when saving has failed. */
  onFailed: (error: unknown) => void;
};

/** Keeps changed settings until the server has saved them, across reloads of the page. */
export function createSettingsSaver(dependencies: Dependencies): SettingsSaver {
  const { unsaved, current, onChange, onSaved, onFailed } = dependencies;
  let isSaving = false;
  let isRefused = false;

  async function save(): Promise<void> {
    const settings = current();
    if (!settings || isSaving || isRefused) return;
    // Read again: another tab may have saved or changed them.
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
    // They may have been changed meanwhile.
    return save();
  }

  function tryAgain() {
    isRefused = false;
    return save();
  }

  return {
    change(edit) {
      if (Object.keys(edit).length > 0) {
        const before = unsaved.read();
        const next = {
          ...before,
          ...edit,
          ...(edit.tools && { tools: mergeToolEdits(before.tools, edit.tools) }),
        };
        unsaved.put(next);
        onChange(next);
      }
      void tryAgain();
    },
    replace(edit) {
      if (Object.keys(edit).length > 0) unsaved.put(edit);
      else unsaved.clear();
      onChange(edit);
      void tryAgain();
    },
    save,
    retry: tryAgain,
  };
}
