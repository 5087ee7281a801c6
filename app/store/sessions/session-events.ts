/** The revision that a session has got; null when it is gone; `unknown` when news of it may have been lost. */
export type SessionNews = number | null | "unknown";

/** Tells those who wait for a session what has become of it, on whichever node. */
export type SessionEvents = {
  emit(key: string, rev: number | null): void;
  /** News of any session may have been lost: whoever waits had better look. */
  emitUnknown(): void;
  /** @returns how to unsubscribe */
  subscribe(key: string, listener: (news: SessionNews) => void): () => void;
};

export function createSessionEvents(): SessionEvents {
  const listeners = new Map<string, Set<(news: SessionNews) => void>>();
  return {
    emit(key, rev) {
      for (const listener of [...(listeners.get(key) ?? [])]) listener(rev);
    },
    emitUnknown() {
      for (const own of [...listeners.values()]) for (const listener of [...own]) listener("unknown");
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
