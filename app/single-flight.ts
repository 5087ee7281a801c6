/** Runs work under a name. While work under the same name is under way, calls share its outcome. */
export type SingleFlight<T> = (name: string, work: () => Promise<T>) => Promise<T>;

/** Deduplicates concurrent work. Only for work whose result may have begun before the call. */
export function createSingleFlight<T>(): SingleFlight<T> {
  const running = new Map<string, Promise<T>>();
  return (name, work) => {
    const existing = running.get(name);
    if (existing) return existing;
    const flight = work().finally(() => running.delete(name));
    running.set(name, flight);
    return flight;
  };
}
