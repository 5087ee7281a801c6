import { attachmentId, attachmentParts } from "~/conversation/attachment";
import { createSessionCodec, type RevisionCodec } from "./session-codec";
import {
  FORMAT,
  parseStoredSession,
  type ReadSession,
  type SealedHead,
  type SecretPart,
  type StoredSession,
} from "./stored-session";

/** What can be known of a session by whoever has no key: background work, and readers of a link. */
export type SessionOutline = Omit<StoredSession, keyof SecretPart> & {
  isSealed: boolean;
  /** The names of the files that its messages name: of sealed ones where it is sealed, else their ids. */
  files: ReadonlySet<string>;
};

/** Of a sealed session it has no words: nothing may be committed on top of it but that there is none any more. */
export type OutlineDocument = SessionOutline & StoredSession;

export function parseOutline(bytes: Buffer, rev: number): ReadSession<OutlineDocument> {
  const parsed = parseStoredSession(bytes, rev);
  if (parsed.kind === "sealed") return { kind: "whole", document: outlineOfSealed(parsed.session.head) };
  if (parsed.kind !== "whole") return parsed;
  const { messages } = parsed.document;
  const files = new Set(messages.flatMap(({ parts }) => attachmentParts(parts).map(attachmentId)));
  return { kind: "whole", document: { ...parsed.document, isSealed: false, files } };
}

function outlineOfSealed({ files, ...open }: SealedHead): OutlineDocument {
  const nothing = { title: "", settings: { modelId: "", instructions: "" }, messages: [], head: null };
  return { ...open, ...nothing, format: FORMAT, isSealed: true, files: new Set(files) };
}

/** Reads outlines. What it writes is not sealed: it is there to write that a session is retired. */
export function createOutlineCodec(): RevisionCodec<OutlineDocument> {
  return { ...createSessionCodec(), decode: (_key, bytes, rev) => parseOutline(bytes, rev) };
}
