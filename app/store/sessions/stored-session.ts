import { z } from "zod";
import { FIRST_FORMAT, NEWEST_FORMAT } from "~/conversation/formats";
import { list } from "~/conversation/list";
import { parseStored } from "~/conversation/parse-stored";
import { itemId, message, session } from "~/conversation/session";
import { KEY_PATTERN } from "~/conversation/session-id";
import { parseJson } from "~/store/parse-json";

/** Of a file that is not sealed, and has nothing that came later (`formatFor`). */
export const FORMAT = FIRST_FORMAT;
/**
 * The oldest format of a file that is sealed. From the next one on a file is sealed if it has a field `sealed`, whatever
 * its number.
 */
export const SEALED_FORMAT = 2;

const format = z.int().min(FORMAT).max(NEWEST_FORMAT);

/** Commit ids that a document remembers, so that a writer can tell whether a commit was its own. */
export const RECENT_COMMITS = 16;

/** A session as it lies in its file: the conversation, and the bookkeeping of commits. */
export const storedSession = z.strictObject({
  format: format.refine((number) => number !== SEALED_FORMAT, "that is the format of a sealed file"),
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
  format: format.min(SEALED_FORMAT),
  /** The names, see `encryptor.nameOf`, of the files that messages name. */
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
  { kind: "whole"; document: D } | { kind: "newer"; reason: string } | { kind: "damaged"; reason: string };

export type ParsedSession = ReadSession | { kind: "sealed"; session: SealedSession };

/** Reads the bytes of a revision. Never throws: whatever is not a whole document has a reason. */
export function parseStoredSession(bytes: Buffer, rev: number): ParsedSession {
  const parsed = parseJson(bytes);
  if (parsed.kind === "damaged") return parsed;
  const { json } = parsed;
  const { sealed, format } = (json ?? {}) as Record<string, unknown>;
  const isSealed = format === SEALED_FORMAT || (sealed !== undefined && format !== FORMAT);
  return isSealed && Number(format) <= NEWEST_FORMAT
    ? parseSealed(json as Record<string, unknown>, rev)
    : checkDocument(json, rev);
}

/** Takes what a revision has in it for a session, or says why it is none. */
export function checkDocument(json: unknown, rev: number): ReadSession {
  const parsed = parseStored(storedSession, json, NEWEST_FORMAT);
  if (parsed.kind === "damaged") return { kind: "damaged", reason: `not a session at ${parsed.reason}` };
  if (parsed.kind === "newer") return parsed;
  if (parsed.value.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "whole", document: parsed.value };
}

function parseSealed({ sealed, ...open }: Record<string, unknown>, rev: number): ParsedSession {
  const head = parseStored(sealedHead, open);
  if (head.kind === "damaged") return { kind: "damaged", reason: `not a session at ${head.reason}` };
  if (typeof sealed !== "string") return { kind: "damaged", reason: "not a session at sealed" };
  // Whatever its seal may be: a later version may bind it to more.
  if (head.kind === "newer") return head;
  if (head.value.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "sealed", session: { head: head.value, headText: JSON.stringify(open), sealed } };
}

const WRONG_NUMBER = "its number is not that of its name";

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
