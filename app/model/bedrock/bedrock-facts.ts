import type { ModelOffer } from "~/conversation/language-model";

type Facts = Pick<
  ModelOffer,
  | "contextTokens"
  | "cachesPrompts"
  | "inputPricePerMillion"
  | "outputPricePerMillion"
  | "cacheReadPricePerMillion"
  | "cacheWritePricePerMillion"
>;

type Cache = { read: number; write: number };

/** Price of cached input as a ratio to that of other input. */
const NOVA_CACHE: Cache = { read: 0.25, write: 1 };
const CLAUDE_CACHE: Cache = { read: 0.1, write: 1.25 };

const facts = (contextTokens: number, input: number, output: number, cache: Cache): Facts => ({
  contextTokens,
  cachesPrompts: true,
  inputPricePerMillion: rounded(input),
  outputPricePerMillion: rounded(output),
  cacheReadPricePerMillion: rounded(input * cache.read),
  cacheWritePricePerMillion: rounded(input * cache.write),
});

/** Rounded to a millionth of a dollar. */
function rounded(price: number): number {
  return Math.round(price * 1e6) / 1e6;
}

type Known = { pattern: RegExp; contextTokens: number; input: number; output: number };

/**
 * On-demand prices in US dollars per million tokens, November 2026: Nova in us-east-1, Claude through a global
 * profile.
 */
const NOVA: readonly Known[] = [
  { pattern: /amazon\.nova-pro-v1/, contextTokens: 300_000, input: 0.8, output: 3.2 },
  { pattern: /amazon\.nova-lite-v1/, contextTokens: 300_000, input: 0.06, output: 0.24 },
  { pattern: /amazon\.nova-micro-v1/, contextTokens: 128_000, input: 0.035, output: 0.14 },
];
const CLAUDE: readonly Known[] = [
  { pattern: /anthropic\.claude-sonnet-5-5/, contextTokens: 200_000, input: 2, output: 10 },
  { pattern: /anthropic\.claude-opus-5-5/, contextTokens: 200_000, input: 4, output: 20 },
  // Longer prompts cost five times as much per token.
  { pattern: /anthropic\.claude-haiku-5-5/, contextTokens: 100_000, input: 0.1, output: 0.5 },
];

/** Ratio of the price through a geographic profile of Claude to that through the global one. */
const GEOGRAPHIC_PREMIUM = 1.1;

/**
 * Context window, prices and prompt caching of a Bedrock model; empty for an unknown model. Windows of Claude are the
 * standard ones; some models have a larger one at a higher price.
 */
export function bedrockFacts(model: string): Facts {
  const isIt = ({ pattern }: Known) => pattern.test(model);
  const nova = NOVA.find(isIt);
  if (nova) return facts(nova.contextTokens, nova.input, nova.output, NOVA_CACHE);
  const claude = CLAUDE.find(isIt);
  if (claude) {
    const premium = model.startsWith("global.") ? 1 : GEOGRAPHIC_PREMIUM;
    return facts(claude.contextTokens, claude.input * premium, claude.output * premium, CLAUDE_CACHE);
  }
  if (/anthropic\.claude-(3-7|3-5-haiku|(sonnet|opus|haiku)-\d)/.test(model)) {
    return { contextTokens: 200_000, cachesPrompts: true };
  }
  return /anthropic\.claude-/.test(model) ? { contextTokens: 200_000 } : {};
}
