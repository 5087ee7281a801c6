import type { SafeStorage } from "~/browser/storage/safe-storage";
import { reservedIds } from "./reserved-store";

/** Ids that are ready at most. A new batch is reserved when fewer than half of them are. */
const MOST = 8;
/** Ids that were taken and are not in the list: of conversations without a message. */
const MOST_TAKEN = 24;

/**
 * Ids for new conversations that the keyring has in advance, so that a conversation can be found again even if this
 * browser is lost right after its first message.
 */
export type ReservedIds = {
  /** All ids to be kept in the keyring, with new ones if too few are left. */
  wanted: (isListed: (id: string) => boolean, newId: () => string) => string[];
  /** The keyring has these now. */
  confirm: (ids: readonly string[]) => void;
  clear: () => void;
};

export function createReservedIds(shared: SafeStorage): ReservedIds {
  const kept = reservedIds(shared);
  /** Proposed to the keyring and not confirmed yet. */
  let proposed: string[] = [];
  return {
    wanted(isListed, newId) {
      const present = kept.read().filter(({ id }) => !isListed(id));
      const taken = present.filter(({ isTaken }) => isTaken).slice(-MOST_TAKEN);
      const ready = present.filter(({ isTaken }) => !isTaken);
      const isLow = ready.length + proposed.length < MOST / 2;
      while (isLow && ready.length + proposed.length < MOST) proposed.push(newId());
      return [...taken.map(({ id }) => id), ...ready.map(({ id }) => id), ...proposed];
    },
    confirm(ids) {
      const confirmed = new Set(ids);
      const added = proposed.filter((id) => confirmed.has(id)).map((id) => ({ id, isTaken: false }));
      proposed = proposed.filter((id) => !confirmed.has(id));
      const isGone = kept.read().some(({ id }) => !confirmed.has(id));
      if (added.length === 0 && !isGone) return;
      kept.change((present) => [...present.filter(({ id }) => confirmed.has(id)), ...added]);
    },
    clear: () => void kept.change(() => []),
  };
}
