import type { ModelOffer } from "~/conversation/language-model";

type Facts = Pick<
  ModelOffer,
  "contextTokens" | "cachesPrompts" | "inputPricePerMillion" | "outputPricePerMillion"
>;

const facts = (contextTokens: number, input: number, output: number): Facts => ({
  contextTokens,
  cachesPrompts: true,
  inputPricePerMillion: input,
  outputPricePerMillion: output,
});

/** On demand, in US dollars, in November 2026: Nova's in us-east-1, Claude's through a global profile. */
const KNOWN: readonly (readonly [RegExp, Facts])[] = [
  [/amazon\.nova-pro-v1/, facts(300_000, 0.8, 3.2)],
  [/amazon\.nova-lite-v1/, facts(300_000, 0.06, 0.24)],
  [/amazon\.nova-micro-v1/, facts(128_000, 0.035, 0.14)],
  [/anthropic\.claude-sonnet-5-5/, facts(200_000, 2, 10)],
  [/anthropic\.claude-opus-5-5/, facts(200_000, 4, 20)],
  // A prompt of more than that costs five times as much a token.
  [/anthropic\.claude-haiku-5-5/, facts(100_000, 0.1, 0.5)],
];

/** A profile that keeps Claude in one part of the world costs a tenth more than the global one. */
const GEOGRAPHIC_PREMIUM = 1.1;

/**
 * How much a model of Bedrock takes in, what it costs, and whether it remembers what it has read. Of Claude what
 * its windows have always held; some hold more, at a price. Of what is not known, nothing.
 */
export function bedrockFacts(model: string): Facts {
  const known = KNOWN.find(([pattern]) => pattern.test(model))?.[1];
  if (known) return model.includes("anthropic") && !model.startsWith("global.") ? withPremium(known) : known;
  if (/anthropic\.claude-(3-7|3-5-haiku|(sonnet|opus|haiku)-\d)/.test(model)) {
    return { contextTokens: 200_000, cachesPrompts: true };
  }
  return /anthropic\.claude-/.test(model) ? { contextTokens: 200_000 } : {};
}

function withPremium(known: Facts): Facts {
  const dear = (price = 0) => Math.round(price * GEOGRAPHIC_PREMIUM * 1000) / 1000;
  return {
    ...known,
    inputPricePerMillion: dear(known.inputPricePerMillion),
    outputPricePerMillion: dear(known.outputPricePerMillion),
  };
}
