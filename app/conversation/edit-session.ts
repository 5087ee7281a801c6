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
  /** Null leaves it to the model again. */
  temperature?: number | null | undefined;
};

/**
 * The session with what was asked changed; itself where nothing is.
 * @throws ExpectedError `message_not_found` when `head` names no message
 */
export function editSession(session: Session, edit: SessionEdit, now: string): Session {
  if (edit.head !== undefined && !session.messages.some((message) => message.id === edit.head)) {
    throw new ExpectedError("message_not_found", "That message is not in the conversation.");
  }
  const edited: Session = {
    ...session,
    // Also where it is the same: who names it means it.
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

/** The settings with what was asked changed; themselves where nothing is. */
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
