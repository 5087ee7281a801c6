/** Does under a name what is asked for, unless it is under way under that name: then that one's outcome is theirs too. */
export type SingleFlight<T> = (name: string, work: () => Promise<T>) => Promise<T>;

/** What several ask for at the same time is done once. To be used only where it does not matter when it began. */
export function createSingleFlight<T>(): SingleFlight<T> {
  const underWay = new Map<string, Promise<T>>();
  return (name, work) => {
    const before = underWay.get(name);
    if (before) return before;
    const flight = work().finally(() => underWay.delete(name));
    underWay.set(name, flight);
    return flight;
  };
}
