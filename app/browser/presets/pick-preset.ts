import type { ChatSession } from "~/browser/chat/chat-session";
import type { ChatState } from "~/browser/chat/chat-state";
import { settingsOf, type Preset, type PresetsSnapshot } from "./presets";

/** Begins a session without messages with a preset; null for none. */
export function pickPreset(chat: Pick<ChatSession, "pickPreset">, preset: Preset | null): void {
  chat.pickPreset(preset?.id ?? null, preset ? settingsOf(preset) : {});
}

/** The models that are wished for the next message, the most wished first. */
export function modelWishes(
  { pickedModelId, session, pickedPresetId }: Pick<ChatState, "pickedModelId" | "session" | "pickedPresetId">,
  { list, defaults }: PresetsSnapshot,
): (string | null | undefined)[] {
  if (session) return [pickedModelId, session.settings.modelId];
  return [pickedModelId, list.find(({ id }) => id === pickedPresetId)?.modelId, defaults.modelId];
}
