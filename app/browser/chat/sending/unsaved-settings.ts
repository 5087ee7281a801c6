import type { SettingsEdit } from "~/conversation/session/edit-session";
import type { ToolChoiceEdit } from "~/conversation/calls/tool-choice";
import { isEffort } from "~/conversation/effort";
import { isObject } from "~/conversation/is-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** Settings of a session that were changed here and not saved on the server yet. Shared by all tabs. */
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
        const { instructions, temperature, effort, tools } = (kept ?? {}) as Record<string, unknown>;
        return {
          ...(typeof instructions === "string" && { instructions }),
          ...((typeof temperature === "number" || temperature === null) && { temperature }),
          ...(isObject(tools) && { tools: tools as ToolChoiceEdit }),
          ...((isEffort(effort) || effort === null) && { effort }),
        };
      } catch {
        return {};
      }
    },
    put: (settings) => storage.set(key, JSON.stringify(settings)),
    clear: () => storage.remove(key),
  };
}
