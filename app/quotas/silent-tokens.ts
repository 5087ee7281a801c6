/**
 * Estimated tokens of what a model thinks without a word: providers charge for thoughts that they do not send, and
 * tell how many they were at the end alone.
 */
export type SilentTokens = {
  /** The model has said something. */
  heard(): void;
  /** In all silences up to now. */
  sum(): number;
};

/** Tokens in a second: what fast models write. */
const RATE = 100;
/** Shorter silences are the way of the network, and those of a model that writes, in milliseconds. */
const SHORT_MS = 500;

/** `now` is a monotonic clock in milliseconds. */
export function createSilentTokens(now: () => number): SilentTokens {
  let heardAt = now();
  let before = 0;
  const current = () => {
    const silence = now() - heardAt;
    return silence < SHORT_MS ? 0 : Math.round((silence / 1000) * RATE);
  };
  return {
    heard() {
      before += current();
      heardAt = now();
    },
    sum: () => before + current(),
  };
}
