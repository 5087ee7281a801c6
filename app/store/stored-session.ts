import { z } from "zod";
import { itemId, session } from "~/conversation/session";

export const FORMAT = 1;

/** Commit ids that a document remembers, so that a writer can tell whether a commit was its own. */
export const RECENT_COMMITS = 16;

/** A session as it lies in its file: the conversation, and the bookkeeping of commits. */
export const storedSession = z.strictObject({
  format: z.literal(FORMAT),
  rev: z.int().positive(),
  /** The ids of the last commits, this one's first. */
  recent: z.array(itemId).min(1).max(RECENT_COMMITS),
  ...session.shape,
});

export type StoredSession = z.infer<typeof storedSession>;

export type ParsedSession =
  | { kind: "whole"; document: StoredSession }
  | { kind: "newer"; format: number }
  | { kind: "damaged"; reason: string };

/** Reads the bytes of a revision. Never throws: whatever is not a whole document has a reason. */
export function parseStoredSession(bytes: Buffer, rev: number): ParsedSession {
  if (bytes.length === 0) return { kind: "damaged", reason: "the file is empty" };
  let json: unknown;
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
