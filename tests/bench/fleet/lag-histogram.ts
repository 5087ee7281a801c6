/** How long tokens waited, in bins of a millisecond. */
export type LagHistogram = {
  /** Adds tokens whose lags lie evenly between two, in milliseconds. */
  add(tokens: number, from: number, to: number): void;
  /** The lag that this share of all tokens does not exceed. */
  quantile(share: number): number;
  clear(): void;
};

const LONGEST_MS = 120_000;

export function createLagHistogram(): LagHistogram {
  const bins = new Float64Array(LONGEST_MS);
  const binOf = (ms: number) => Math.min(LONGEST_MS - 1, Math.max(0, Math.floor(ms)));
  return {
    add(tokens, from, to) {
      const [first, last] = [binOf(from), binOf(to)];
      const each = tokens / (last - first + 1);
      for (let bin = first; bin <= last; bin++) bins[bin]! += each;
    },
    quantile(share) {
      const all = bins.reduce((sum, tokens) => sum + tokens, 0);
      let below = 0;
      for (let bin = 0; bin < LONGEST_MS; bin++) {
        below += bins[bin]!;
        if (all > 0 && below >= all * share) return bin + 1;
      }
      return NaN;
    },
    clear: () => void bins.fill(0),
  };
}
