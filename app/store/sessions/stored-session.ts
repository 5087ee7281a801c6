import { z } from "zod";
import { FIRST_FORMAT, NEWEST_FORMAT } from "~/conversation/session/formats";
import { list } from "~/conversation/list";
import { parseStored } from "~/conversation/session/parse-stored";
import { itemId, message, session } from "~/conversation/session/session";
import { HASH_PATTERN } from "~/conversation/session/session-id";
import { parseJson } from "~/store/parse-json";
import type { Decoded } from "~/store/documents/revision-codec";

/** Format of an unencrypted file without any later addition (see `formatFor`). */
export const FORMAT = FIRST_FORMAT;
/** The oldest format of an encrypted file. From format 3 on, a file is encrypted if it has a field `sealed`. */
export const ENCRYPTED_FORMAT = 2;

const format = z.int().min(FORMAT).max(NEWEST_FORMAT);

/** Number of commit ids in a document, by which a writer recognises its own commit. */
export const RECENT_COMMITS = 16;

/** The document in a revision's file: the session, and the bookkeeping of commits. */
const storedSession = z.strictObject({
  format: format.refine((number) => number !== ENCRYPTED_FORMAT, "that is the format of an encrypted file"),
  rev: z.int().positive(),
  /** Ids of the last commits, newest first. */
  recent: z.array(itemId).min(1).max(RECENT_COMMITS),
  /** Set in a tombstone: when the session was deleted. */
  retiredAt: z.iso.datetime().optional(),
  ...session.shape,
});

export type StoredSession = z.infer<typeof storedSession>;

/** The content of a session: the fields that are encrypted. */
export type SecretPart = Pick<
  StoredSession,
  "title" | "titleSource" | "settings" | "head" | "partial" | "queue" | "notes" | "messages"
>;

const {
  title: _title,
  titleSource: _titleSource,
  settings: _settings,
  head: _head,
  partial: _partial,
  queue: _queue,
  notes: _notes,
  messages: _secret,
  ...openShape
} = storedSession.shape;

/** The unencrypted fields of an encrypted file, for sweeps, which have no key. */
const encryptedHead = z.strictObject({
  ...openShape,
  format: format.min(ENCRYPTED_FORMAT),
  /** Encrypted names (`encryptor.nameOf`) of the attachments of its messages. */
  files: z.array(z.string().regex(HASH_PATTERN)),
});

export type EncryptedHead = z.infer<typeof encryptedHead>;

/** An encrypted file as it was read. `headText`: the JSON of the head, as its writer authenticated it. */
export type EncryptedSession = { head: EncryptedHead; headText: string; sealed: string };

const { messages: _messages, ...allButMessages } = storedSession.shape;
const withoutMessages = z.strictObject(allButMessages);
const justMessages = z.strictObject({ messages: list(message) });

export type ReadSession<D = StoredSession> = Decoded<D>;

export type ParsedSession = ReadSession | { kind: "sealed"; session: EncryptedSession };

/** Parses the bytes of a revision as far as that needs no key. Never throws. @param rev the number in its name */
export function parseStoredSession(bytes: Buffer, rev: number): ParsedSession {
  const parsed = parseJson(bytes);
  if (parsed.kind === "damaged") return parsed;
  const { json } = parsed;
  const { sealed, format } = (json ?? {}) as Record<string, unknown>;
  const isEncrypted = format === ENCRYPTED_FORMAT || (sealed !== undefined && format !== FORMAT);
  return isEncrypted && Number(format) <= NEWEST_FORMAT
    ? parseEncrypted(json as Record<string, unknown>, rev)
    : checkDocument(json, rev);
}

/** Checks the JSON of a revision against the schema. @param rev the number in its name */
export function checkDocument(json: unknown, rev: number): ReadSession {
  const parsed = parseStored(storedSession, json, NEWEST_FORMAT);
  if (parsed.kind === "damaged") return { kind: "damaged", reason: `not a session at ${parsed.reason}` };
  if (parsed.kind === "newer") return parsed;
  if (parsed.value.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "whole", document: parsed.value };
}

function parseEncrypted({ sealed, ...open }: Record<string, unknown>, rev: number): ParsedSession {
  const head = parseStored(encryptedHead, open);
  if (head.kind === "damaged") return { kind: "damaged", reason: `not a session at ${head.reason}` };
  if (typeof sealed !== "string") return { kind: "damaged", reason: "not a session at sealed" };
  // Judged before decryption: a later version may authenticate more than this one expects.
  if (head.kind === "newer") return head;
  if (head.value.rev !== rev) return { kind: "damaged", reason: WRONG_NUMBER };
  return { kind: "sealed", session: { head: head.value, headText: JSON.stringify(open), sealed } };
}

const WRONG_NUMBER = "its number is not that of its name";

/**
 * Checks that readers will accept a document. Messages that it shares with `known`, which was checked when it was read,
 * are not checked again, so that the cost is that of the change and not of the whole session.
 * @throws Error that names the place, never content
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
