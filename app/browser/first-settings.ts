import type { SettingsEdit } from "~/conversation/edit-session";
import type { KeptValues } from "./kept-values";

/** What a person set in a conversation before its first message. The server hears of it with that message. */
export type FirstSettings = {
  read: () => SettingsEdit;
  put: (settings: SettingsEdit) => void;
  clear: () => void;
};

export function createFirstSettings(values: KeptValues, conversationId: string): FirstSettings {
  const key = `holdfast.settings.${conversationId}`;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(values.get(key) ?? "{}");
        const { instructions, temperature } = (kept ?? {}) as Record<string, unknown>;
        return {
          ...(typeof instructions === "string" && { instructions }),
          ...(typeof temperature === "number" && { temperature }),
        };
      } catch {
        return {};
      }
    },
    put: (settings) => values.set(key, JSON.stringify(settings)),
    clear: () => values.remove(key),
  };
}
