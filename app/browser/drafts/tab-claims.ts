/**
 * Claims a conversation for this tab until the tab is closed (Web Locks). If another tab holds it, the claim fails, or
 * with `canWait` waits. Resolves to whether the claim succeeded.
 */
export type ClaimForTab = (id: string, canWait: boolean) => Promise<boolean>;

/** Null without locks, as on plain http. */
export function createTabClaims(locks: LockManager | undefined): ClaimForTab | null {
  if (!locks) return null;
  return (id, canWait) =>
    new Promise((resolve) => {
      const held = locks.request(`holdfast.unsent.${id}`, { ifAvailable: !canWait }, (lock) => {
        resolve(lock !== null);
        // Held until the tab is closed.
        return lock && new Promise<never>(() => undefined);
      });
      Promise.resolve(held).then(
        () => resolve(false),
        () => resolve(false),
      );
    });
}
