import { attachmentId, namedAttachments } from "~/conversation/files/attachment";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import { parseJson } from "~/store/parse-json";
import type { RevisionCodec } from "~/store/documents/revision-codec";
import { createSessionCodec } from "./session-codec";
import {
  FORMAT,
  RECENT_COMMITS,
  ENCRYPTED_FORMAT,
  parseStoredSession,
  type ReadSession,
  type EncryptedHead,
  type SecretPart,
  type StoredSession,
} from "./stored-session";

/** The part of a session that is readable without its encryption key, for sweeps and readers of a link. */
export type SessionHeader = Omit<StoredSession, keyof SecretPart> & {
  isEncrypted: boolean;
  /** Attachments of its messages: by their encrypted names where the session is encrypted, else by their ids. */
  files: ReadonlySet<string>;
};

/** A header in the form of a document. An encrypted session has no content in it, so only a tombstone may follow it. */
export type HeaderDocument = SessionHeader & StoredSession;

export function parseHeader(bytes: Buffer, rev: number): ReadSession<HeaderDocument> {
  const parsed = parseStoredSession(bytes, rev);
  if (parsed.kind === "sealed") return { kind: "whole", document: headerOfEncrypted(parsed.session.head) };
  if (parsed.kind !== "whole") return parsed;
  const files = new Set(namedAttachments(parsed.document).map(attachmentId));
  return { kind: "whole", document: { ...parsed.document, isEncrypted: false, files } };
}

function headerOfEncrypted({ files, format, ...open }: EncryptedHead): HeaderDocument {
  return {
    ...open,
    ...NO_CONTENT,
    format: format === ENCRYPTED_FORMAT ? FORMAT : format,
    isEncrypted: true,
    files: new Set(files),
  };
}

const NO_CONTENT: Pick<StoredSession, "title" | "settings" | "messages" | "head"> = {
  title: "",
  settings: { modelId: "", instructions: "" },
  messages: [],
  head: null,
};

/** Reads headers. Writes documents unencrypted, since it serves to commit tombstones. */
export function createHeaderCodec(): RevisionCodec<StoredSession, HeaderDocument> {
  return {
    ...createSessionCodec(),
    known: () => null,
    decode: (_key, bytes, rev) => parseHeader(bytes, rev),
  };
}

/**
 * Reads sessions that are about to be deleted. Of a revision of a newer version it reads only the commit ids, which all
 * versions store alike: the tombstone repeats them, so that the writers of these commits know that they succeeded.
 */
export function createRemovalCodec(): RevisionCodec<StoredSession> {
  function decode(_key: string, bytes: Buffer, rev: number): ReadSession {
    const parsed = parseHeader(bytes, rev);
    if (parsed.kind !== "newer") return parsed;
    const [then, recent] = [new Date(0).toISOString(), recentCommits(bytes)];
    const document = {
      ...NO_CONTENT,
      format: FORMAT,
      rev,
      recent,
      createdAt: then,
      updatedAt: then,
      reply: null,
    };
    return { kind: "whole", document };
  }
  return { ...createSessionCodec(), decode };
}

/** The commit ids of a revision of any version. */
export function recentCommits(bytes: Buffer): string[] {
  const parsed = parseJson(bytes);
  const recent = parsed.kind === "json" && (parsed.json as { recent?: unknown } | null)?.recent;
  const isId = (value: unknown) => typeof value === "string" && ITEM_ID_PATTERN.test(value);
  return Array.isArray(recent) ? recent.filter(isId).slice(0, RECENT_COMMITS) : [];
}
