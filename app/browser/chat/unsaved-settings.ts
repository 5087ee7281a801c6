import type { SettingsEdit } from "~/conversation/edit-session";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** What a person set in a conversation and the server has not heard of yet. All tabs share it. */
export type UnsavedSettings = {
  read: () => SettingsEdit;
  put: (settings: SettingsEdit) => void;
  clear: () => void;
};

export function createUnsavedSettings(storage: SafeStorage, conversationId: string): UnsavedSettings {
  const key = `holdfast.settings.${conversationId}`;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(storage.get(key) ?? "{}");
        const { instructions, temperature } = (kept ?? {}) as Record<string, unknown>;
        return {
          ...(typeof instructions === "string" && { instructions }),
          ...((typeof temperature === "number" || temperature === null) && { temperature }),
        };
      } catch {
        return {};
      }
    },
    put: (settings) => storage.set(key, JSON.stringify(settings)),
    clear: () => storage.remove(key),
  };
}
