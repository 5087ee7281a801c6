import { ExpectedError } from "./expected-error";
import type { Session, Settings } from "./session";

export type SessionEdit = {
  title?: string | undefined;
  settings?: SettingsEdit | undefined;
  head?: string | undefined;
};

export type SettingsEdit = {
  modelId?: string | undefined;
  instructions?: string | undefined;
  /** Null restores the default of the model. */
  temperature?: number | null | undefined;
};

/**
 * Applies an edit. Returns the same session where nothing changes.
 * @throws ExpectedError `message_not_found` when `head` names no message
 */
export function editSession(session: Session, edit: SessionEdit, now: string): Session {
  if (edit.head !== undefined && !session.messages.some((message) => message.id === edit.head)) {
    throw new ExpectedError("message_not_found", "That message is not in the conversation.");
  }
  const edited: Session = {
    ...session,
    // Also where the title is the same: the person has confirmed it, and no model may replace it.
    ...(edit.title !== undefined && { title: edit.title, titleSource: "person" as const }),
    settings: editSettings(session.settings, edit.settings),
    head: edit.head ?? session.head,
  };
  const changed =
    edited.title !== session.title ||
    edited.titleSource !== session.titleSource ||
    edited.head !== session.head ||
    edited.settings !== session.settings;
  return changed ? { ...edited, updatedAt: now } : session;
}

/** Applies an edit of settings. Returns the same settings where nothing changes. */
export function editSettings(settings: Settings, edit: SettingsEdit = {}): Settings {
  const { temperature: before, ...others } = settings;
  const temperature = edit.temperature === undefined ? before : (edit.temperature ?? undefined);
  const edited: Settings = {
    ...others,
    modelId: edit.modelId ?? settings.modelId,
    instructions: edit.instructions ?? settings.instructions,
    ...(temperature !== undefined && { temperature }),
  };
  const changed =
    edited.modelId !== settings.modelId ||
    edited.instructions !== settings.instructions ||
    temperature !== before;
  return changed ? edited : settings;
}
