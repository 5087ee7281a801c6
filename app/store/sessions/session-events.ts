/** The new revision of a session; null after its removal; `unknown` where events may have been lost. */
export type SessionNews = number | null | "unknown";

/** Events of sessions that changed, on this node or another. Sessions are named by their hash. */
export type SessionEvents = {
  emit(sessionHash: string, rev: number | null): void;
  /** Emits `unknown` for all sessions: their subscribers must read them again. */
  emitUnknown(): void;
  /** @param listener called for each event of the session @returns a function that unsubscribes */
  subscribe(sessionHash: string, listener: (news: SessionNews) => void): () => void;
};

export function createSessionEvents(): SessionEvents {
  const listeners = new Map<string, Set<(news: SessionNews) => void>>();
  return {
    emit(sessionHash, rev) {
      for (const listener of [...(listeners.get(sessionHash) ?? [])]) listener(rev);
    },
    emitUnknown() {
      for (const own of [...listeners.values()]) for (const listener of [...own]) listener("unknown");
    },
    subscribe(sessionHash, listener) {
      const own = listeners.get(sessionHash) ?? new Set();
      listeners.set(sessionHash, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(sessionHash) === own) listeners.delete(sessionHash);
      };
    },
  };
}
