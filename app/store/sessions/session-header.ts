import { attachmentId, attachmentParts } from "~/conversation/attachment";
import { ITEM_ID_PATTERN } from "~/conversation/session-id";
import { parseJson } from "~/store/parse-json";
import { createSessionCodec, type RevisionCodec } from "./session-codec";
import {
  FORMAT,
  RECENT_COMMITS,
  SEALED_FORMAT,
  parseStoredSession,
  type ReadSession,
  type SealedHead,
  type SecretPart,
  type StoredSession,
} from "./stored-session";

/** What can be known of a session by whoever has no key: background work, and readers of a link. */
export type SessionHeader = Omit<StoredSession, keyof SecretPart> & {
  isSealed: boolean;
  /** The names of the files that its messages name: of sealed ones where it is sealed, else their ids. */
  files: ReadonlySet<string>;
};

/** Of a sealed session it has no words: nothing may be committed on top of it but that there is none any more. */
export type OutlineDocument = SessionHeader & StoredSession;

export function parseOutline(bytes: Buffer, rev: number): ReadSession<OutlineDocument> {
  const parsed = parseStoredSession(bytes, rev);
  if (parsed.kind === "sealed") return { kind: "whole", document: outlineOfSealed(parsed.session.head) };
  if (parsed.kind !== "whole") return parsed;
  const { messages } = parsed.document;
  const files = new Set(messages.flatMap(({ parts }) => attachmentParts(parts).map(attachmentId)));
  return { kind: "whole", document: { ...parsed.document, isSealed: false, files } };
}

function outlineOfSealed({ files, format, ...open }: SealedHead): OutlineDocument {
  return {
    ...open,
    ...NO_WORDS,
    format: format === SEALED_FORMAT ? FORMAT : format,
    isSealed: true,
    files: new Set(files),
  };
}

const NO_WORDS: Pick<StoredSession, "title" | "settings" | "messages" | "head"> = {
  title: "",
  settings: { modelId: "", instructions: "" },
  messages: [],
  head: null,
};

/** Reads outlines. What it writes is not sealed: it is there to write that a session is retired. */
export function createHeaderCodec(): RevisionCodec<OutlineDocument> {
  return { ...createSessionCodec(), decode: (_key, bytes, rev) => parseOutline(bytes, rev) };
}

/**
 * Reads sessions that are about to be deleted: of what a newer version wrote it takes no more than the commits that it
 * names, which every version names alike, so that their writers find them below the one that deletes it.
 */
export function createRemovalCodec(): RevisionCodec<StoredSession> {
  function decode(_key: string, bytes: Buffer, rev: number): ReadSession {
    const parsed = parseOutline(bytes, rev);
    if (parsed.kind !== "newer") return parsed;
    const [then, recent] = [new Date(0).toISOString(), recentCommits(bytes)];
    const document = {
      ...NO_WORDS,
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

function recentCommits(bytes: Buffer): string[] {
  const parsed = parseJson(bytes);
  const recent = parsed.kind === "json" && (parsed.json as { recent?: unknown } | null)?.recent;
  const isId = (value: unknown) => typeof value === "string" && ITEM_ID_PATTERN.test(value);
  return Array.isArray(recent) ? recent.filter(isId).slice(0, RECENT_COMMITS) : [];
}
