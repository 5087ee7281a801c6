export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * Start of the window that contains `at`, in milliseconds since 1970. Windows are whole minutes, hours, days of UTC.
 */
export function windowStart(windowMs: number, at: number): number {
  return Math.floor(at / windowMs) * windowMs;
}

/** Whole seconds until the end of the window that contains `at`; at least one. */
export function secondsLeft(windowMs: number, at: number): number {
  return Math.max(1, Math.ceil((windowStart(windowMs, at) + windowMs - at) / 1000));
}

/** The date in UTC, such as 2026-11-23. */
export function dayName(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
