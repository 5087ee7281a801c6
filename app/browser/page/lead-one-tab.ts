/**
 * Calls `onLead` when this tab is to do what one tab of a browser does for all. Without Web Locks, as on plain http,
 * it is called in every tab: what they do twice is harmless.
 * @returns gives the lead up
 */
export function leadOneTab(locks: LockManager | undefined, name: string, onLead: () => void): () => void {
  if (!locks) {
    onLead();
    return () => undefined;
  }
  const waiting = new AbortController();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  locks
    .request(name, { signal: waiting.signal }, () => {
      onLead();
      return held;
    })
    .catch(() => undefined);
  return () => {
    waiting.abort();
    release();
  };
}
