/**
 * Delay before the next attempt, in milliseconds: doubles with each failure, up to the longest.
 * @param failures failed attempts in a row, at least 1
 */
export function exponentialBackoff(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
