import type { Settings } from "~/conversation/session/session";
import { editSettings, type SettingsEdit } from "~/conversation/session/edit-session";
import type { PatchSessionBody } from "~/conversation/api";
import type { ChatState } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import { createSettingsSaver, type SettingsSaver } from "./settings-saver";
import type { UnsavedSettings } from "./unsaved-settings";

/** Choices that are shown at once and saved in the session in the background: model, settings. */
export type SessionChoices = {
  pickModel: (modelId: string) => void;
  settings: SettingsSaver;
};

type Dependencies = {
  store: ChatStore;
  patch: (body: PatchSessionBody) => Promise<void>;
  /** Reads the session again: what is being read now may be older than what was saved. */
  readAgain: () => void;
  unsavedSettings: UnsavedSettings;
  /** A request for a message is under way, and carries the settings. */
  isDelivering: () => boolean;
  /** Sends settings, repeating the request if it fails for a passing reason. */
  saveSettings: (settings: SettingsEdit) => Promise<void>;
};

export function createSessionChoices(dependencies: Dependencies): SessionChoices {
  const { store, patch, readAgain, unsavedSettings, isDelivering, saveSettings } = dependencies;
  /** The problem shown because settings could not be saved: removed once they are. */
  let unsavedProblem: ChatState["problem"] = null;

  const settings = createSettingsSaver({
    unsaved: unsavedSettings,
    // A request for a message carries settings, too, perhaps older ones: it must not arrive after the newer ones.
    current() {
      const { session, isAsking, live } = store.getSnapshot();
      // The server takes an effort only between replies.
      const waits = live !== null && "effort" in unsavedSettings.read();
      return isDelivering() || isAsking || waits ? undefined : session?.settings;
    },
    save: saveSettings,
    onChange(pickedSettings) {
      const before = store.getSnapshot().pickedSettings;
      if (JSON.stringify(pickedSettings) !== JSON.stringify(before)) store.patch({ pickedSettings });
    },
    onSaved(edit) {
      const { problem } = store.getSnapshot();
      showSaved(problem === unsavedProblem ? { problem: null } : {}, (settings) =>
        editSettings(settings, edit),
      );
    },
    onFailed(error) {
      store.report(error);
      unsavedProblem = store.getSnapshot().problem;
    },
  });

  let models = 0;

  /** Shows saved settings as a part of the session, whose next revision has not been read yet. */
  function showSaved(ended: Partial<ChatState>, change: (settings: Settings) => Settings) {
    const { session } = store.getSnapshot();
    store.patch({ ...ended, session: session && { ...session, settings: change(session.settings) } });
    readAgain();
  }

  return {
    settings,
    pickModel(modelId) {
      const isSaving = store.getSnapshot().session !== null;
      store.patch({ pickedModelId: modelId, isSavingModel: isSaving });
      if (!isSaving) return;
      const own = ++models;
      patch({ settings: { modelId } }).then(
        () => {
          if (own !== models) return;
          showSaved({ pickedModelId: null, isSavingModel: false }, (now) => ({ ...now, modelId }));
        },
        (error: unknown) => {
          // Each message carries it.
          if (own === models) store.patch({ isSavingModel: false });
          store.report(error);
        },
      );
    },
  };
}
