import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { createStoredList, type StoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** An id that the keyring has, for a new conversation. Taken ones are those of conversations without a message. */
export type ReservedId = { id: string; isTaken: boolean };

export function reservedIds(shared: SafeStorage): StoredList<ReservedId> {
  return createStoredList(shared, "holdfast.keyring.reserved", (entry) => {
    const { id, isTaken } = Object(entry) as Record<string, unknown>;
    return typeof id === "string" && SESSION_ID_PATTERN.test(id) ? [{ id, isTaken: isTaken === true }] : [];
  });
}

/** An id that the keyring has; null if none is left. */
export function takeReservedId(kept: StoredList<ReservedId>): string | null {
  const next = kept.read().find(({ isTaken }) => !isTaken);
  if (!next) return null;
  kept.change((ids) => ids.map((entry) => (entry.id === next.id ? { ...entry, isTaken: true } : entry)));
  return next.id;
}
