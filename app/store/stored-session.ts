import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { list } from "~/conversation/list";
import { itemId, message, session } from "~/conversation/session";
import { KEY_PATTERN } from "~/conversation/session-id";

export const FORMAT = 1;
/** Of a file that is sealed. Nodes that know only the first format take it for a newer one, and leave it alone. */
export const SEALED_FORMAT = 2;

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

/** What people wrote, or gave a name to, or chose: all that is sealed. */
export type SecretPart = Pick<StoredSession, "title" | "titleSource" | "settings" | "head" | "messages">;

const {
  title: _title,
  titleSource: _titleSource,
  settings: _settings,
  head: _head,
  messages: _secret,
  ...openShape
} = storedSession.shape;

/** What stands open in a sealed file, for those who keep the volume tidy without the key. */
const sealedHead = z.strictObject({
  ...openShape,
  format: z.literal(SEALED_FORMAT),
  /** The names, see `Sealer.nameOf`, of the files that messages name. */
  files: z.array(z.string().regex(KEY_PATTERN)),
});

export type SealedHead = z.infer<typeof sealedHead>;

/** A sealed file as it was read. `headText` is the head's JSON, as whoever sealed it wrote it. */
export type SealedSession = { head: SealedHead; headText: string; sealed: string };

const { messages: _messages, ...allButMessages } = storedSession.shape;
const withoutMessages = z.strictObject(allButMessages);
const justMessages = z.strictObject({ messages: list(message) });

/** What a revision is to somebody who can make documents of type `D` of it. */
export type ReadSession<D = StoredSession> =
  { kind: "whole"; document: D } | { kind: "newer"; format: number } | { kind: "damaged"; reason: string };

export type ParsedSession = ReadSession | { kind: "sealed"; session: SealedSession };

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
  if (format === SEALED_FORMAT) return parseSealed(json as Record<string, unknown>, rev);
  if (typeof format === "number" && Number.isInteger(format) && format > SEALED_FORMAT)
    return { kind: "newer", format };
  return checkDocument(json, rev);
}

/** Takes what a revision has in it for a session, or says why it is none. */
export function checkDocument(json: unknown, rev: number): ReadSession {
  const result = storedSession.safeParse(json);
  if (!result.success) return { kind: "damaged", reason: whereWrong(result.error) };
  if (result.data.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "whole", document: result.data };
}

function parseSealed({ sealed, ...rest }: Record<string, unknown>, rev: number): ParsedSession {
  const result = sealedHead.safeParse(rest);
  if (!result.success) return { kind: "damaged", reason: whereWrong(result.error) };
  if (typeof sealed !== "string") return { kind: "damaged", reason: "not a session at sealed" };
  if (result.data.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "sealed", session: { head: result.data, headText: JSON.stringify(rest), sealed } };
}

const WRONG_NUMBER = "its number is not that of its name";

/** The path only: a message of the schema may quote what people wrote. */
function whereWrong({ issues }: z.ZodError): string {
  return `not a session at ${issues[0]?.path.join(".") || "its root"}`;
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
