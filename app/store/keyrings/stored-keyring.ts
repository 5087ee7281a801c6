import { z } from "zod";
import { MAX_KEYRING_LENGTH } from "~/conversation/limits";
import { parseStored } from "~/conversation/session/parse-stored";
import { itemId } from "~/conversation/session/session";
import { parseJson } from "~/store/parse-json";
import type { Decoded } from "~/store/documents/revision-codec";
import { RECENT_COMMITS } from "~/store/sessions/stored-session";

/** Format of an unencrypted file, and of a tombstone. */
export const KEYRING_FORMAT = 1;
/** Format of an encrypted file. */
export const ENCRYPTED_KEYRING_FORMAT = 2;

/** Earlier revisions whose length is kept, so that devices that are so far behind receive only what was appended. */
export const MAX_EARLIER = 64;

/** The fields that are readable without the encryption key. */
const open = {
  /** Number of the file, as for all documents that are committed. Devices never see it. */
  rev: z.int().positive(),
  /** Ids of the last commits, newest first. */
  recent: z.array(itemId).min(1).max(RECENT_COMMITS),
  /** When the keyring was last written, or read after a long time (keyring-store.ts). */
  usedAt: z.iso.datetime(),
  /** Set in a tombstone. */
  retiredAt: z.iso.datetime().optional(),
  /** In a tombstone: a person deleted the keyring, so that the tombstone stays. */
  deleted: z.literal(true).optional(),
  /**
   * The revision as devices count: one more than the one that a write was for, whatever number its file has, since
   * browsers seal it with what they write. 0 in a tombstone.
   */
  version: z.int().nonnegative(),
  /** Earlier versions that the content begins with, newest first, with their lengths in bytes of what was sealed. */
  earlier: z.array(z.tuple([z.int().positive(), z.int().nonnegative()])).max(MAX_EARLIER),
};

/** The document in a revision's file. `sealed`: what the browser has sealed, in base64 or base64url; empty in a tombstone. */
const storedKeyring = z.strictObject({
  format: z.literal(KEYRING_FORMAT),
  ...open,
  sealed: z.string().max(MAX_KEYRING_LENGTH),
});

const encryptedKeyring = z.strictObject({
  format: z.literal(ENCRYPTED_KEYRING_FORMAT),
  ...open,
  encrypted: z.string(),
});

export type StoredKeyring = z.infer<typeof storedKeyring>;

/** `openText`: the JSON of all fields but `encrypted`, as their writer authenticated it. */
export type EncryptedKeyring = z.infer<typeof encryptedKeyring> & { openText: string };

export type ParsedKeyring = Decoded<StoredKeyring> | { kind: "encrypted"; keyring: EncryptedKeyring };

/** Parses the bytes of a revision as far as that needs no key. Never throws. @param rev the number in its name */
export function parseStoredKeyring(bytes: Buffer, rev: number): ParsedKeyring {
  const parsed = parseJson(bytes);
  if (parsed.kind === "damaged") return parsed;
  const { json } = parsed;
  const isEncrypted = (json as { format?: unknown } | null)?.format === ENCRYPTED_KEYRING_FORMAT;
  const schema = isEncrypted ? encryptedKeyring : storedKeyring;
  const checked = parseStored<StoredKeyring | z.infer<typeof encryptedKeyring>>(
    schema,
    json,
    ENCRYPTED_KEYRING_FORMAT,
  );
  if (checked.kind === "damaged") return { kind: "damaged", reason: `not a keyring at ${checked.reason}` };
  if (checked.kind === "newer") return checked;
  const { value } = checked;
  if (value.rev !== rev) return { kind: "damaged", reason: "its number is not that of its name" };
  if (value.format === KEYRING_FORMAT) return { kind: "whole", document: value };
  const { encrypted: _, ...rest } = json as Record<string, unknown>;
  return { kind: "encrypted", keyring: { ...value, openText: JSON.stringify(rest) } };
}

/** Checks that readers will accept a document. @throws Error that names the place, never content */
export function checkStoredKeyring(document: StoredKeyring): void {
  const { success, error } = storedKeyring.safeParse(document);
  if (success) return;
  const path = error.issues[0]?.path.join(".") || "its root";
  throw new Error(`A change made something that is not a keyring, at ${path}.`);
}
