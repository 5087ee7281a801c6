/**
 * Estimates the reasoning tokens of a silent model: providers charge for reasoning that they do not send, and report
 * its tokens at the end only.
 */
export type SilentTokens = {
  /** Called at each chunk: ends the current silence. */
  onChunk(): void;
  /** Estimated tokens of all silences up to now. */
  sum(): number;
};

/** Estimated tokens per second: the rate of fast models. */
const RATE = 100;
/** Shorter silences count nothing, in milliseconds: networks and models that write have them, too. */
const SHORT_MS = 500;

/** `now` is a monotonic clock in milliseconds. */
export function createSilentTokens(now: () => number): SilentTokens {
  let silentSince = now();
  let before = 0;
  const current = () => {
    const silence = now() - silentSince;
    return silence < SHORT_MS ? 0 : Math.round((silence / 1000) * RATE);
  };
  return {
    onChunk() {
      before += current();
      silentSince = now();
    },
    sum: () => before + current(),
  };
}
