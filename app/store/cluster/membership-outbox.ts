import { formatMembershipLine } from "./membership-line";

/** The content of one append. Changes are new revisions by session hash; null for a session that was removed. */
export type MembershipBatch = {
  changes: Map<string, number | null>;
  missed: boolean;
  draining: boolean;
};

/** The news that this node has not yet written to its membership log. */
export type MembershipOutbox = {
  hasNews(): boolean;
  /** Whether this node drains, announced or not. */
  isDraining(): boolean;
  addChange(sessionHash: string, rev: number | null): void;
  startDraining(): void;
  /** Removes all news. News added later belongs to the next batch. */
  take(): MembershipBatch;
  /** After an append that failed. Changes that came meanwhile are newer than those of the batch. */
  putBack(batch: MembershipBatch): void;
  /** After an append that succeeded. Draining that began meanwhile is still to be announced. */
  confirm(batch: MembershipBatch): void;
  /** The lines of a batch; a heartbeat where it has none. `isLeaving` adds the last line of the membership log. */
  format(batch: MembershipBatch, isLeaving: boolean): string;
};

/** @param maxWaiting changed sessions that are kept; if more change before an append succeeds, only `missed` remains */
export function createMembershipOutbox(maxWaiting: number): MembershipOutbox {
  let changes = new Map<string, number | null>();
  let missed = false;
  let draining: "no" | "pending" | "announced" = "no";
  /** Number of the last heartbeat. */
  let beats = 0;

  function forgetTooMany() {
    if (changes.size <= maxWaiting) return;
    changes.clear();
    missed = true;
  }

  return {
    hasNews: () => changes.size > 0 || missed || draining === "pending",
    isDraining: () => draining !== "no",
    addChange(sessionHash, rev) {
      changes.set(sessionHash, rev);
      forgetTooMany();
    },
    startDraining() {
      if (draining === "no") draining = "pending";
    },
    take() {
      const batch = { changes, missed, draining: draining === "pending" };
      changes = new Map();
      missed = false;
      return batch;
    },
    putBack(batch) {
      changes = new Map([...batch.changes, ...changes]);
      missed ||= batch.missed;
      forgetTooMany();
    },
    confirm(batch) {
      if (batch.draining) draining = "announced";
    },
    format(batch, isLeaving) {
      let text = "";
      if (batch.missed) text += formatMembershipLine({ missed: true });
      if (batch.changes.size > 0)
        text += formatMembershipLine({ changed: Object.fromEntries(batch.changes) });
      if (batch.draining) text += formatMembershipLine({ draining: true });
      if (isLeaving) text += formatMembershipLine({ goodbye: true });
      return text || formatMembershipLine({ beat: ++beats });
    },
  };
}
