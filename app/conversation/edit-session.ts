import { ExpectedError } from "./expected-error";
import type { Session, Settings } from "./session";

export type SessionEdit = {
  title?: string | undefined;
  settings?: { [Name in keyof Settings]?: Settings[Name] | undefined } | undefined;
  head?: string | undefined;
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
    title: edit.title ?? session.title,
    settings: {
      modelId: edit.settings?.modelId ?? session.settings.modelId,
      instructions: edit.settings?.instructions ?? session.settings.instructions,
    },
    head: edit.head ?? session.head,
  };
  const changed =
    edited.title !== session.title ||
    edited.head !== session.head ||
    edited.settings.modelId !== session.settings.modelId ||
    edited.settings.instructions !== session.settings.instructions;
  return changed ? { ...edited, updatedAt: now } : session;
}
