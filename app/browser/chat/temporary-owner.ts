import { leadOneTab } from "~/browser/page/lead-one-tab";

/**
 * Which of several tabs deletes their temporary session: a tab that is duplicated has it, too. The tab that had it first
 * does, then the one after it (Web Locks).
 */
export type TemporaryOwner = {
  /** Claims it for this tab, until it is released or the tab is closed. */
  claim: (sessionId: string) => void;
  isOwner: () => boolean;
  /** @returns whether this tab was its owner, and no other tab has it */
  release: () => Promise<boolean>;
};

/**
 * @param locks undefined without locks, as on plain http: every tab is an owner
 * @param onOwned called when this tab has become the owner
 */
export function createTemporaryOwner(locks: LockManager | undefined, onOwned: () => void): TemporaryOwner {
  let held: { id: string; isOwned: boolean; end: () => void } | null = null;

  async function release(): Promise<boolean> {
    const ending = held;
    held = null;
    const isLast = !locks || !ending?.isOwned || !(await isAwaited(locks, nameOf(ending.id)));
    ending?.end();
    return isLast && (ending?.isOwned ?? true);
  }

  return {
    claim(id) {
      if (held?.id === id) return;
      void release();
      const claimed = { id, isOwned: false, end: () => {} };
      held = claimed;
      claimed.end = leadOneTab(locks, nameOf(id), () => {
        claimed.isOwned = true;
        onOwned();
      });
    },
    isOwner: () => held?.isOwned ?? false,
    release,
  };
}

/** Whether another tab waits for a lock, or may: a page that is being left is not told. */
async function isAwaited(locks: LockManager, lock: string): Promise<boolean> {
  try {
    const { pending = [] } = await locks.query();
    return pending.some(({ name }) => name === lock);
  } catch {
    return true;
  }
}

function nameOf(id: string): string {
  return `holdfast.temporary.${id}`;
}
