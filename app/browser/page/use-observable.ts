import { useSyncExternalStore } from "react";
import type { Observable } from "./observable";

/** Renders only when what is read of the value has changed. `read` has to return primitive values. */
export function useReading<T, R extends string | number | boolean>(
  observable: Observable<T>,
  read: (value: T) => R,
): R {
  const current = () => read(observable.getSnapshot());
  return useSyncExternalStore(observable.subscribe, current, current);
}

export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.getSnapshot, observable.getSnapshot);
}
