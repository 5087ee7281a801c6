import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { itemId, message, session } from "~/conversation/session";

export const FORMAT = 1;

/** Commit ids that a document remembers, so that a writer can tell whether a commit was its own. */
export const RECENT_COMMITS = 16;

/** A session as it lies in its file: the conversation, and the bookkeeping of commits. */
export const storedSession = z.strictObject({
  format: z.literal(FORMAT),
  rev: z.int().positive(),
  /** The ids of the last commits, this one's first. */
  recent: z.array(itemId).min(1).max(RECENT_COMMITS),
  /** When the session was retired: there is none any more, but its revisions go on being counted (retention.ts). */
  retiredAt: z.iso.datetime().optional(),
  ...session.shape,
});

export type StoredSession = z.infer<typeof storedSession>;

const { messages: _messages, ...allButMessages } = storedSession.shape;
const withoutMessages = z.strictObject(allButMessages);
const justMessages = z.strictObject({ messages: z.array(message) });

export type ParsedSession =
  | { kind: "whole"; document: StoredSession }
  | { kind: "newer"; format: number }
  | { kind: "damaged"; reason: string };

/** Reads the bytes of a revision. Never throws: whatever is not a whole document has a reason. */
export function parseStoredSession(bytes: Buffer, rev: number): ParsedSession {
  if (bytes.length === 0) return { kind: "damaged", reason: "the file is empty" };
  let json: unknown;
  // Decoding would put a replacement for each broken byte, and a changed word would pass for what was said.
  if (!isUtf8(bytes)) return { kind: "damaged", reason: "the file is not UTF-8" };
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { kind: "damaged", reason: "the file is not JSON" };
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === "number" && Number.isInteger(format) && format > FORMAT)
    return { kind: "newer", format };
  const result = storedSession.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    // The path only: a message of the schema may quote what people wrote.
    return { kind: "damaged", reason: `not a session at ${issue?.path.join(".") || "its root"}` };
  }
  if (result.data.rev !== rev) return { kind: "damaged", reason: "its number is not that of its name" };
  return { kind: "whole", document: result.data };
}

/**
 * Makes sure that readers will take a document for whole. What it has of `known`, which was read and checked, is
 * not looked at again, so that the cost is that of the change and not of the conversation.
 * @throws Error naming the place; never what people wrote
 */
export function checkStoredSession(document: StoredSession, known: StoredSession | null): void {
  const { messages, ...rest } = document;
  const trusted = new Set<unknown>(known?.messages);
  const unchecked = messages.filter((candidate) => !trusted.has(candidate));
  for (const result of [withoutMessages.safeParse(rest), justMessages.safeParse({ messages: unchecked })]) {
    if (result.success) continue;
    const path = result.error.issues[0]?.path.join(".") || "its root";
    throw new Error(`A change made something that is not a session, at ${path}.`);
  }
}
