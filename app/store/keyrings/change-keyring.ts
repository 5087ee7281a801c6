import { ExpectedError } from "~/conversation/expected-error";
import { MAX_KEYRING_LENGTH } from "~/conversation/limits";
import type { ContentChange } from "~/store/documents/commit-change";
import { KEYRING_FORMAT, MAX_EARLIER, type StoredKeyring } from "./stored-keyring";

/** A keyring as it was read. `recovered`: number of the damaged revision in whose place it is served. */
export type KeyringState = { stored: StoredKeyring | null; recovered: number | null };

/** All of the sealed bytes, or bytes to append to them, where these end with `after`. In base64. */
export type KeyringContent =
  | { sealed: string; append?: never; after?: never }
  | { append: string; after?: string | undefined; sealed?: never };

/** What a device asks for. `expected`: the version that the device has; 0 where there should be none. */
export type KeyringWrite = { expected: number } & KeyringContent;

/** `rev`: the version that was stored, or that is the newest one. */
export type WriteResult = { kind: "stored"; rev: number } | { kind: "conflict"; rev: number; sealed: string };

/**
 * Writes to a keyring, if the device has seen its newest version. A write that was sent again, because its answer was
 * lost, is recognised by its content: it is what the version after the expected one holds.
 * @param now ISO 8601 timestamp
 * @throws ExpectedError `keyring_gone`, `keyring_not_found`, `keyring_full`
 */
export function writeKeyring(write: KeyringWrite, now: string): ContentChange<KeyringState, WriteResult> {
  return (before) => {
    const state = before ?? { stored: null, recovered: null };
    const keyring = livingKeyring(state.stored);
    const rev = keyring?.version ?? 0;
    if (write.expected !== rev || !isContinued(keyring, write)) {
      const repeated = keyring && findWrite(keyring, write);
      if (repeated !== null) return { content: state, result: { kind: "stored", rev: repeated } };
      if (!keyring) throw keyringNotFound();
      return { content: state, result: { kind: "conflict", rev, sealed: keyring.sealed } };
    }
    const sealed = write.sealed ?? appended(keyring, write.append);
    if (sealed.length > MAX_KEYRING_LENGTH) throw keyringFull();
    const earlier = write.append !== undefined && keyring ? withItself(keyring) : [];
    const version = rev + 1;
    return {
      content: stateWith({ version, sealed, earlier }, now),
      result: { kind: "stored", rev: version },
    };
  };
}

/**
 * Records that a keyring was used, by a revision of the same version. @param version the one that was read
 * @throws ExpectedError `keyring_gone` */
export function renewKeyring(version: number, now: string): ContentChange<KeyringState, null> {
  return (state) => {
    const keyring = livingKeyring(state?.stored ?? null);
    if (keyring?.version !== version) return { content: state, result: null };
    return { content: stateWith(keyring, now), result: null };
  };
}

/** Deletes a keyring, also one that is damaged as a whole. @param tombstone the document that remains */
export function deleteKeyring(tombstone: StoredKeyring): ContentChange<KeyringState, null> {
  return (state) => {
    const isThere = state !== null && (state.stored !== null || state.recovered !== null);
    if (!isThere || state.stored?.deleted) return { content: state, result: null };
    return { content: { stored: tombstone, recovered: null }, result: null };
  };
}

/**
 * A keyring that is there; null where there is none, or none any more after `RETENTION_DAYS` without use.
 * @throws ExpectedError `keyring_gone`
 */
export function livingKeyring(stored: StoredKeyring | null): StoredKeyring | null {
  if (stored?.deleted) throw new ExpectedError("keyring_gone", "This list of conversations was deleted.");
  return stored?.retiredAt === undefined ? stored : null;
}

/**
 * The bytes that were appended to a keyring since a version, in base64url; null where that is not known, or where
 * other bytes have taken the place of that version's.
 */
export function appendedSince(keyring: StoredKeyring, since: number): string | null {
  const length = lengthAt(keyring, since);
  return length === null ? null : bytesOf(keyring.sealed).subarray(length).toString("base64url");
}

export function keyringNotFound(): ExpectedError {
  return new ExpectedError("keyring_not_found", "There is no list of conversations here yet.");
}

/** The version after the expected one, where it holds what this write asks for; else null. */
function findWrite(keyring: StoredKeyring, { expected, sealed, append }: KeyringWrite): number | null {
  const next = [...keyring.earlier.map(([version]) => version).reverse(), keyring.version].find(
    (version) => version > expected,
  );
  if (next === undefined) return null;
  const bytes = bytesOf(keyring.sealed);
  const from = append === undefined || expected === 0 ? 0 : lengthAt(keyring, expected);
  if (from === null) return null;
  const held = bytes.subarray(from, lengthAt(keyring, next) ?? 0);
  return held.equals(bytesOf(sealed ?? append)) ? next : null;
}

/** Whether the stored bytes are those that a write is to be appended to, as far as it says that. */
function isContinued(keyring: StoredKeyring | null, { after }: KeyringWrite): boolean {
  if (after === undefined) return true;
  const end = bytesOf(after);
  return bytesOf(keyring?.sealed ?? "")
    .subarray(-end.length)
    .equals(end);
}

/** Length of a version's content in bytes, if the newest content begins with it and that is known. */
function lengthAt({ version, sealed, earlier }: StoredKeyring, which: number): number | null {
  if (which === version) return bytesOf(sealed).length;
  return earlier.find(([other]) => other === which)?.[1] ?? null;
}

function appended(keyring: StoredKeyring | null, append: string): string {
  return Buffer.concat([bytesOf(keyring?.sealed ?? ""), bytesOf(append)]).toString("base64url");
}

/** The earlier versions of what is built on a keyring and begins with it. */
function withItself({ version, sealed, earlier }: StoredKeyring): StoredKeyring["earlier"] {
  const itself: [number, number] = [version, bytesOf(sealed).length];
  return [itself, ...earlier].slice(0, MAX_EARLIER);
}

function stateWith(
  { version, sealed, earlier }: Pick<StoredKeyring, "version" | "sealed" | "earlier">,
  now: string,
): KeyringState {
  const bookkeeping = { format: KEYRING_FORMAT, rev: 0, recent: [] } as const;
  return { stored: { ...bookkeeping, recent: [], usedAt: now, version, earlier, sealed }, recovered: null };
}

/** Node decodes both alphabets, with and without padding. */
const bytesOf = (base64: string): Buffer => Buffer.from(base64, "base64");

function keyringFull(): ExpectedError {
  return new ExpectedError("keyring_full", "Your list of conversations is too long to be stored.", {
    details: { maxLength: MAX_KEYRING_LENGTH },
  });
}
