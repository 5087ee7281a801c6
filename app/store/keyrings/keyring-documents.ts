import { ExpectedError } from "~/conversation/expected-error";
import type { Contents } from "~/store/documents/commit-change";
import type { DocumentKind } from "~/store/documents/document-kind";
import type { Layout } from "~/store/documents/layout";
import type { KeyringState } from "./change-keyring";
import { createKeyringHeaderCodec } from "./keyring-codec";
import { checkStoredKeyring, KEYRING_FORMAT, type StoredKeyring } from "./stored-keyring";

/** Keyrings as documents of the commit protocol. */
export function keyringDocuments(
  layout: Pick<Layout, "keyrings" | "keyringFolder" | "quarantine">,
): DocumentKind<StoredKeyring> {
  return {
    subject: "Your list of conversations",
    root: layout.keyrings,
    folderOf: layout.keyringFolder,
    quarantine: layout.quarantine,
    // A session may have the same hash: both ids are made by browsers.
    quarantinePrefix: (keyringHash) => `keyring.${keyringHash}.`,
    complete: checkStoredKeyring,
    // A reader of a tombstone is refused, or finds no keyring.
    mustBeRead: ({ retiredAt }) => retiredAt !== undefined,
    // The devices have the list, and store it anew. The damaged files stay in quarantine.
    noneWhole: () => null,
    headerCodec: createKeyringHeaderCodec,
    tombstone: (now) => keyringTombstone(now),
    retention: {
      usedAt: ({ usedAt }) => usedAt,
      isInUse: () => false,
      isFinal: ({ deleted }) => deleted === true,
    },
  };
}

/**
 * The document that ends a keyring. One that a person deleted never begins anew; one that was not used for
 * `RETENTION_DAYS` does, as if it had never been.
 * @param now ISO 8601 timestamp
 */
export function keyringTombstone(now: string, end: Pick<StoredKeyring, "deleted"> = {}): StoredKeyring {
  const bookkeeping = { format: KEYRING_FORMAT, rev: 0, recent: [] } as const;
  return {
    ...bookkeeping,
    recent: [],
    usedAt: now,
    retiredAt: now,
    ...end,
    version: 0,
    earlier: [],
    sealed: "",
  };
}

export const keyringContents: Contents<StoredKeyring, KeyringState> = {
  contentOf: (stored, recovered) => ({ stored, recovered }),
  documentOf({ stored }) {
    if (!stored) throw new Error("a change of a keyring made none");
    return { ...stored };
  },
};

export function keyringBusy(): ExpectedError {
  return new ExpectedError(
    "session_busy",
    "Your list of conversations is being changed by too many devices at once. Try again in a moment.",
  );
}
