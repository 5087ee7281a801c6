/** A value with change events, in the form that React's `useSyncExternalStore` takes. */
export type Observable<T> = {
  getSnapshot: () => T;
  subscribe: (listener: () => void) => () => void;
};

export type Changeable<T> = Observable<T> & { set: (value: T) => void };

export function createObservable<T>(initial: T): Changeable<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
