import { z } from "zod";
import { attachmentParts } from "./attachment";
import { closeCalls } from "~/conversation/calls/fold-calls";
import { ExpectedError } from "~/conversation/expected-error";
import { MAX_MESSAGES } from "~/conversation/limits";
import { list } from "~/conversation/list";
import { isOfLaterVersion } from "~/conversation/session/parse-stored";
import { requireFew } from "~/conversation/session/session-size";
import { message, session, type Message, type Session } from "~/conversation/session/session";

export const FILE_FORMAT = "holdfast-conversation";
export const FILE_VERSION = 1;

/** Limit of JSON values in a file. An answer of six parts with all metadata has 40. */
export const MAX_FILE_VALUES = 40 * MAX_MESSAGES;

/** Throws `session_full` for too many messages before any of them is parsed. */
const someMessages = z
  .array(z.unknown())
  .min(1, "there is no message")
  .refine((messages) => {
    requireFew(messages, 1);
    return true;
  });

/**
 * An exported session: all of its branches, without the bookkeeping of the server.
 * @throws ExpectedError `session_full` from each parse
 */
export const conversationFile = z
  .strictObject({
    format: z.literal(FILE_FORMAT, "this is not a conversation that was exported here"),
    version: z.literal(FILE_VERSION, "this is no version of such a file that there is"),
    title: session.shape.title,
    settings: session.shape.settings,
    messages: list(message, someMessages),
    head: z.string(),
    createdAt: session.shape.createdAt,
  })
  .superRefine(({ messages, head }, context) => {
    const issue = findTreeIssue(messages, head);
    if (issue) context.addIssue({ code: "custom", ...issue });
  });

export type ConversationFile = z.infer<typeof conversationFile>;

/**
 * The body of an import: `conversationFile`, but a file of a later version has an error of its own.
 * @throws ExpectedError `file_newer_format`, `session_full` from each parse
 */
export const importBody = z.unknown().transform((json, context): ConversationFile => {
  const { data, error } = conversationFile.safeParse(json);
  if (!error) return data;
  if (isNewerFile(json, error.issues)) {
    throw new ExpectedError(
      "file_newer_format",
      "This file was created by a newer version of the application. Import it where that version runs.",
    );
  }
  for (const issue of error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

function isNewerFile(json: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FILE_FORMAT) return false;
  return (Number.isInteger(version) && Number(version) > FILE_VERSION) || isOfLaterVersion(issues, json);
}

export type ImportContext = {
  now: string;
  /** The model to go on with after this one: the same where it is on offer. */
  modelFor: (modelId: string) => string;
};

/** The session of an imported file. Its title counts as given by the person, so that no model replaces it. */
export function importSession(file: ConversationFile, { now, modelFor }: ImportContext): Session {
  const { title, settings, messages, head, createdAt } = file;
  return {
    createdAt,
    updatedAt: now,
    title,
    titleSource: "person",
    settings: { ...settings, modelId: modelFor(settings.modelId) },
    messages: messages.map(withoutOpenCalls),
    head,
    reply: null,
  };
}

/** No exported answer has calls that are still to run, and none could be decided here. */
const withoutOpenCalls = (message: Message): Message =>
  message.role === "assistant" ? { ...message, parts: closeCalls(message.parts) } : message;

/**
 * Finds why messages are not a tree of alternating questions and answers without files; null where they are. Parents
 * come before children, as in every session, so that there is no cycle.
 */
function findTreeIssue(messages: readonly Message[], head: string) {
  const before = new Map<string, Message["role"]>();
  for (const [index, { id, parentId, role, parts }] of messages.entries()) {
    const at = (field: string, message: string) => ({ path: ["messages", index, field], message });
    if (before.has(id)) return at("id", "another message has the same id");
    const parent = parentId === null ? null : before.get(parentId);
    if (parent === undefined) return at("parentId", "no earlier message has this id");
    if (parent === role) return at("role", "questions and answers do not take turns");
    if (attachmentParts(parts).length > 0) return at("parts", "files cannot be imported");
    before.set(id, role);
  }
  return before.has(head) ? null : { path: ["head"], message: "no message has this id" };
}
