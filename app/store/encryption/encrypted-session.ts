import { attachmentId, namedAttachments } from "~/conversation/files/attachment";
import { revisionName } from "~/store/documents/layout";
import type { Encryptor } from "./encryptor";
import {
  checkDocument,
  FORMAT,
  ENCRYPTED_FORMAT,
  type ReadSession,
  type EncryptedHead,
  type EncryptedSession,
  type SecretPart,
  type StoredSession,
} from "~/store/sessions/stored-session";

/**
 * Encrypts a revision. The result is JSON: a plain header with the fields that sweeps and share links need (time of
 * change, files, links, runner of the reply), and the encrypted rest, with the header as authenticated data.
 * @param secret the JSON of the rest
 * @throws KeyNotHeld
 */
export function encryptSession(
  encryptor: Encryptor,
  sessionHash: string,
  document: StoredSession,
  secret: Buffer,
): Buffer {
  const {
    title: _,
    titleSource: __,
    settings: ___,
    head: ____,
    messages: _____,
    partial: ______,
    queue: _______,
    notes: ________,
    ...open
  } = document;
  const ids = new Set(namedAttachments(document).map(attachmentId));
  const files = [...ids].map((id) => encryptor.nameOf(sessionHash, id));
  const header = JSON.stringify({
    ...open,
    format: Math.max(ENCRYPTED_FORMAT, document.format),
    files,
  } satisfies EncryptedHead);
  const sealed = encryptor.encryptText(contextOf(sessionHash, document.rev, header), secret);
  return Buffer.from(`${header.slice(0, -1)},"sealed":"${sealed}"}`);
}

/**
 * Decrypts a revision. One that does not authenticate is damaged.
 * @throws KeyNotHeld
 */
export function decryptSession(
  encryptor: Encryptor,
  sessionHash: string,
  { head, headText, sealed }: EncryptedSession,
): ReadSession {
  const secret = encryptor.decryptText(contextOf(sessionHash, head.rev, headText), sealed);
  if (!secret) return { kind: "damaged", reason: "its seal is broken" };
  const { format, files: _, ...open } = head;
  const json = {
    ...(JSON.parse(secret.toString("utf8")) as SecretPart),
    ...open,
    format: format === ENCRYPTED_FORMAT ? FORMAT : format,
  };
  return checkDocument(json, head.rev);
}

const contextOf = (sessionHash: string, rev: number, headText: string) =>
  ({ use: "session", key: sessionHash, name: `${revisionName(rev)} ${headText}` }) as const;
