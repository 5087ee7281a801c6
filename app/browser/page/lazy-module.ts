import { createObservable, type Observable } from "./observable";

/** A module that is loaded after the page can be used; null until then. */
export type LazyModule<T> = Observable<T | null> & {
  /** Loads it unless it is loaded, or being loaded. Resolves also if that fails, after which it can be tried again. */
  load: () => Promise<void>;
};

/**
 * Unlike with `React.lazy`, a failure does not unmount the page, and a loaded module is rendered at once: `React.lazy`
 * shows its fallback for a moment even then, so that the first answer would flicker.
 */
export function createLazyModule<T>(load: () => Promise<T>): LazyModule<T> {
  const { getSnapshot, subscribe, set } = createObservable<T | null>(null);
  let loading: Promise<void> | null = null;
  return {
    getSnapshot,
    subscribe,
    load() {
      loading ??= load().then(set, () => {
        loading = null;
      });
      return loading;
    },
  };
}
