import { attachmentId, attachmentParts } from "~/conversation/attachment";
import { revisionName } from "~/store/sessions/layout";
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
 * The bytes of a sealed revision: JSON, whose head says in the open what sweeps and links need (when it was changed,
 * which files and links it has, who writes an answer), and whose rest is sealed, with the head as context. `secret`
 * is the JSON of the rest.
 */
export function sealSession(
  encryptor: Encryptor,
  key: string,
  document: StoredSession,
  secret: Buffer,
): Buffer {
  const { title: _, titleSource: __, settings: ___, head: ____, messages, ...open } = document;
  const ids = new Set(messages.flatMap(({ parts }) => attachmentParts(parts).map(attachmentId)));
  const files = [...ids].map((id) => encryptor.nameOf(key, id));
  const headText = JSON.stringify({
    ...open,
    format: Math.max(ENCRYPTED_FORMAT, document.format),
    files,
  } satisfies EncryptedHead);
  const sealed = encryptor.sealText(placeOf(key, document.rev, headText), secret);
  return Buffer.from(`${headText.slice(0, -1)},"sealed":"${sealed}"}`);
}

/** @throws KeyNotHeld */
export function openSession(
  encryptor: Encryptor,
  key: string,
  { head, headText, sealed }: EncryptedSession,
): ReadSession {
  const secret = encryptor.openText(placeOf(key, head.rev, headText), sealed);
  if (!secret) return { kind: "damaged", reason: "its seal is broken" };
  const { format, files: _, ...open } = head;
  const json = {
    ...(JSON.parse(secret.toString("utf8")) as SecretPart),
    ...open,
    format: format === ENCRYPTED_FORMAT ? FORMAT : format,
  };
  return checkDocument(json, head.rev);
}

const placeOf = (key: string, rev: number, headText: string) =>
  ({ use: "session", key, name: `${revisionName(rev)} ${headText}` }) as const;
