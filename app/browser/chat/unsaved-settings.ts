import type { SettingsEdit } from "~/conversation/edit-session";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** What a person set in a conversation and the server has not heard of yet. All tabs share it. */
export type UnsavedSettings = {
  read: () => SettingsEdit;
  put: (settings: SettingsEdit) => void;
  clear: () => void;
};

export function createUnsavedSettings(values: SafeStorage, conversationId: string): UnsavedSettings {
  const key = `holdfast.settings.${conversationId}`;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(values.get(key) ?? "{}");
        const { instructions, temperature } = (kept ?? {}) as Record<string, unknown>;
        return {
          ...(typeof instructions === "string" && { instructions }),
          ...((typeof temperature === "number" || temperature === null) && { temperature }),
        };
      } catch {
        return {};
      }
    },
    put: (settings) => values.set(key, JSON.stringify(settings)),
    clear: () => values.remove(key),
  };
}
