import type { Effort } from "~/conversation/effort";
import { ExpectedError } from "~/conversation/expected-error";
import { editToolChoice, type ToolChoiceEdit } from "~/conversation/calls/tool-choice";
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
  /** Null restores the default of the model. */
  effort?: Effort | null | undefined;
  tools?: ToolChoiceEdit | undefined;
};

/**
 * Applies an edit. Returns the same session where nothing changes.
 * @throws ExpectedError `message_not_found` when `head` names no message, `reply_running` when the effort changes
 * meanwhile
 */
export function editSession(session: Session, edit: SessionEdit, now: string): Session {
  if (edit.head !== undefined && !session.messages.some((message) => message.id === edit.head)) {
    throw new ExpectedError("message_not_found", "That message is not in the conversation.");
  }
  const settings = editSettings(session.settings, edit.settings);
  if (session.reply && isForNext(session, settings)) {
    throw new ExpectedError("reply_running", "An answer is being written. Change this when it has finished.");
  }
  const edited: Session = {
    ...session,
    // Also where the title is the same: the person has confirmed it, and no model may replace it.
    ...(edit.title !== undefined && { title: edit.title, titleSource: "person" as const }),
    settings,
    head: edit.head ?? session.head,
  };
  const changed =
    edited.title !== session.title ||
    edited.titleSource !== session.titleSource ||
    edited.head !== session.head ||
    edited.settings !== session.settings;
  return changed ? { ...edited, updatedAt: now } : session;
}

/**
 * Whether a change must wait for the end of the running reply. An effort is for the next answer in any case. Choices about
 * tools count for the next step; but they raise the format, and a runner of a version without reply logs could no longer
 * read whether it still runs the reply.
 */
function isForNext({ reply, settings: before }: Session, settings: Settings): boolean {
  if (settings.effort !== before.effort) return true;
  return settings.tools !== before.tools && reply?.runners === undefined;
}

/** Applies an edit of settings. Returns the same settings where nothing changes. */
export function editSettings(settings: Settings, edit: SettingsEdit = {}): Settings {
  const temperature = chosen(settings.temperature, edit.temperature);
  const effort = chosen(settings.effort, edit.effort);
  const tools = editToolChoice(settings.tools, edit.tools);
  const { temperature: _, effort: __, tools: ___, ...others } = settings;
  const edited: Settings = {
    ...others,
    modelId: edit.modelId ?? settings.modelId,
    instructions: edit.instructions ?? settings.instructions,
    ...(temperature !== undefined && { temperature }),
    ...(effort !== undefined && { effort }),
    ...(tools && { tools }),
  };
  const changed =
    edited.modelId !== settings.modelId ||
    edited.instructions !== settings.instructions ||
    temperature !== settings.temperature ||
    effort !== settings.effort ||
    tools !== settings.tools;
  return changed ? edited : settings;
}

/** A setting after an edit of it: undefined keeps it, null removes it. */
function chosen<Value>(before: Value | undefined, edit: Value | null | undefined): Value | undefined {
  return edit === undefined ? before : (edit ?? undefined);
}
