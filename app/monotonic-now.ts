/** Milliseconds of a clock that never goes back: the real one, for callers that inject none. */
export const monotonicNow = (): number => performance.now();
