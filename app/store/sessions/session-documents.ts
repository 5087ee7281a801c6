import { ExpectedError } from "~/conversation/expected-error";
import { formatFor } from "~/conversation/session/formats";
import type { Session } from "~/conversation/session/session";
import type { Contents } from "~/store/documents/commit-change";
import type { DocumentKind } from "~/store/documents/document-kind";
import type { Layout } from "~/store/documents/layout";
import { createHeaderCodec, type HeaderDocument } from "./session-header";
import { toRecord } from "./session-record";
import { checkStoredSession, FORMAT, type StoredSession } from "./stored-session";
import { tombstone } from "~/store/documents/tombstone";

/** Sessions as documents of the commit protocol. */
export function sessionDocuments(
  layout: Pick<Layout, "sessions" | "sessionFolder" | "quarantine">,
): DocumentKind<StoredSession, HeaderDocument> {
  return {
    subject: "This conversation",
    root: layout.sessions,
    folderOf: layout.sessionFolder,
    quarantine: layout.quarantine,
    quarantinePrefix: (sessionHash) => `${sessionHash}.`,
    complete(document, base) {
      document.format = formatFor(document);
      checkStoredSession(document, base);
    },
    // A reply may have lost its runner, and be due to be taken over. A tombstone is never the revision that a browser has.
    mustBeRead: ({ reply, retiredAt }) => reply !== null || retiredAt !== undefined,
    noneWhole: () =>
      new ExpectedError(
        "session_damaged",
        "The file of this conversation is damaged, and so is its earlier version. It was set aside for the operator. Please start a new conversation.",
      ),
    headerCodec: createHeaderCodec,
    tombstone,
    retention: {
      usedAt: ({ updatedAt }) => updatedAt,
      isInUse: ({ reply }, isDead) => reply?.node != null && !isDead(reply.node),
      isFinal: () => false,
    },
  };
}

export const sessionContents: Contents<StoredSession, Session> = {
  contentOf: (document, recovered) => toRecord(document, recovered)?.session ?? null,
  documentOf: (session) => ({ format: FORMAT, rev: 0, recent: [], ...session }),
};

export function sessionBusy(): ExpectedError {
  return new ExpectedError(
    "session_busy",
    "This conversation is being changed too often at once. Try again in a moment.",
  );
}
