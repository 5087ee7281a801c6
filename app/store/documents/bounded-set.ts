/** Adds a value to a set, in place of the oldest one where the set holds `max` values. */
export function addBounded<T>(values: Set<T>, value: T, max: number): void {
  if (values.size >= max) values.delete(values.values().next().value!);
  values.add(value);
}
