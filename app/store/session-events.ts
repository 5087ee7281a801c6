/** Tells those who wait for a session that it has a new commit, or is gone (null). */
export type SessionEvents = {
  emit(key: string, rev: number | null): void;
  /** @returns how to unsubscribe */
  subscribe(key: string, listener: (rev: number | null) => void): () => void;
};

export function createSessionEvents(): SessionEvents {
  const listeners = new Map<string, Set<(rev: number | null) => void>>();
  return {
    emit(key, rev) {
      for (const listener of [...(listeners.get(key) ?? [])]) listener(rev);
    },
    subscribe(key, listener) {
      const own = listeners.get(key) ?? new Set();
      listeners.set(key, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(key) === own) listeners.delete(key);
      };
    },
  };
}
