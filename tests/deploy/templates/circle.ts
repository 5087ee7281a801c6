/** The first circle that one comes to from somewhere, over what each waits for; null where there is none. */
export function circleFrom(
  from: string,
  next: (id: string) => readonly string[],
  way: readonly string[] = [],
): string[] | null {
  if (way.includes(from)) return [...way.slice(way.indexOf(from)), from];
  for (const other of next(from)) {
    const circle = circleFrom(other, next, [...way, from]);
    if (circle !== null) return circle;
  }
  return null;
}
