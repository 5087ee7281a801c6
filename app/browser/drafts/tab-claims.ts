/**
 * Makes a conversation this tab's as long as the tab lives; another tab's is left to it, or waited for. Settles with
 * whether it is this tab's. No tab is told of a claim where the browser has no locks, as without HTTPS: there, none
 * succeeds.
 */
export type ClaimForTab = (id: string, canWait: boolean) => Promise<boolean>;

export function createTabClaims(locks: LockManager | undefined): ClaimForTab {
  return (id, canWait) =>
    new Promise((resolve) => {
      const held = locks?.request(`holdfast.unsent.${id}`, { ifAvailable: !canWait }, (lock) => {
        resolve(lock !== null);
        // Until the browser takes it back, because the tab is gone.
        return lock && new Promise<never>(() => undefined);
      });
      Promise.resolve(held).then(
        () => resolve(false),
        () => resolve(false),
      );
    });
}
