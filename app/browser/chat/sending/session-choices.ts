import { editSettings, type SettingsEdit } from "~/conversation/session/edit-session";
import { newestLeafUnder } from "~/conversation/session/versions";
import type { SessionApi } from "~/browser/chat/session-api";
import { canSend, type ChatState } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";
import { createSettingsSaver, type SettingsSaver } from "./settings-saver";
import type { UnsavedSettings } from "./unsaved-settings";

/** Choices that are shown at once and saved in the session in the background: version, model, settings. */
export type SessionChoices = {
  /** Shows the branch that leads through this message to its newest leaf. */
  showVersion: (messageId: string) => void;
  pickModel: (modelId: string) => void;
  settings: SettingsSaver;
};

type Dependencies = {
  store: ChatStore;
  api: Pick<SessionApi, "patch">;
  unsavedSettings: UnsavedSettings;
  /** A request for a message is under way, and carries the settings. */
  isDelivering: () => boolean;
  /** Sends settings, repeating the request if it fails for a passing reason. */
  saveSettings: (settings: SettingsEdit) => Promise<void>;
};

export function createSessionChoices(dependencies: Dependencies): SessionChoices {
  const { store, api, unsavedSettings, isDelivering, saveSettings } = dependencies;
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
      const { session, problem } = store.getSnapshot();
      if (problem === unsavedProblem) store.patch({ problem: null });
      // Shown before the session's next revision has been read.
      if (session) store.patch({ session: { ...session, settings: editSettings(session.settings, edit) } });
    },
    onFailed(error) {
      store.report(error);
      unsavedProblem = store.getSnapshot().problem;
    },
  });

  return {
    settings,
    showVersion(messageId) {
      const { session } = store.getSnapshot();
      if (!session || !canSend(store.getSnapshot())) return;
      const head = newestLeafUnder(session.messages, messageId);
      store.patch({ pickedHead: head });
      const isStillPicked = () => store.getSnapshot().pickedHead === head;
      api.patch({ head }).then(
        () => {
          const { session: current } = store.getSnapshot();
          // Shown before the session's next revision has been read.
          if (current && isStillPicked()) store.patch({ session: { ...current, head }, pickedHead: null });
        },
        (error: unknown) => {
          if (isStillPicked()) store.patch({ pickedHead: null });
          store.report(error);
        },
      );
    },
    pickModel(modelId) {
      store.patch({ pickedModelId: modelId });
      if (store.getSnapshot().session) api.patch({ settings: { modelId } }).catch(store.report);
    },
  };
}
