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
    if (!ending?.isOwned || !locks) {
      ending?.end();
      return ending?.isOwned ?? true;
    }
    const { pending = [] } = await locks.query();
    ending.end();
    return !pending.some(({ name }) => name === nameOf(ending.id));
  }

  function request(id: string, manager: LockManager) {
    const waiting = new AbortController();
    let letGo = () => {};
    const claimed = {
      id,
      isOwned: false,
      end() {
        waiting.abort();
        letGo();
      },
    };
    held = claimed;
    const take = () => {
      claimed.isOwned = true;
      onOwned();
      return new Promise<void>((resolve) => (letGo = resolve));
    };
    // Rejects when it is released before.
    manager.request(nameOf(id), { signal: waiting.signal }, take).catch(() => undefined);
  }

  return {
    claim(id) {
      if (held?.id === id) return;
      void release();
      if (locks) return request(id, locks);
      held = { id, isOwned: true, end: () => undefined };
      onOwned();
    },
    isOwner: () => held?.isOwned ?? false,
    release,
  };
}

function nameOf(id: string): string {
  return `holdfast.temporary.${id}`;
}
