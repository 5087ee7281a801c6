import { expect, test } from "vitest";
import { bedrockFacts } from "./bedrock-facts";
import { bedrockOffers } from "./bedrock-offers";
import { parseModelList } from "~/model/offers/model-list";

test("every default Bedrock model has a price and a context window, in every region", () => {
  for (const region of ["us-east-1", "eu-central-1", "ap-northeast-1", "sa-east-1", "us-gov-west-1"]) {
    for (const offer of bedrockOffers(region, 5000)) {
      expect(offer, offer.id).toMatchObject({
        contextTokens: expect.any(Number) as number,
        inputPricePerMillion: expect.any(Number) as number,
        outputPricePerMillion: expect.any(Number) as number,
        cachesPrompts: true,
      });
    }
  }
});

test("Claude costs more through a geographic profile than through the global one", () => {
  const price = (model: string) => bedrockFacts(model).inputPricePerMillion;
  expect(price("global.anthropic.claude-sonnet-5-5")).toBe(2);
  expect(price("eu.anthropic.claude-sonnet-5-5")).toBe(2.2);
  expect(price("eu.amazon.nova-pro-v1:0")).toBe(0.8);
});

test("input from the prompt cache costs a fraction of other input", () => {
  expect(bedrockFacts("us.amazon.nova-pro-v1:0")).toMatchObject({
    cacheReadPricePerMillion: 0.2,
    cacheWritePricePerMillion: 0.8,
  });
  expect(bedrockFacts("global.anthropic.claude-sonnet-5-5")).toMatchObject({
    cacheReadPricePerMillion: 0.2,
    cacheWritePricePerMillion: 2.5,
  });
});

test("an unknown Bedrock model has no facts", () => {
  expect(bedrockFacts("meta.llama4-scout-17b-instruct-v1:0")).toEqual({});
  expect(bedrockFacts("us.anthropic.claude-sonnet-4-5-20250929-v1:0")).toEqual({
    contextTokens: 200_000,
    cachesPrompts: true,
  });
});

test("models in MODELS have the built-in facts, which the list may override", () => {
  const list = [
    { id: "bedrock/global.anthropic.claude-opus-5-5", inputPricePerMillion: 3, contextTokens: 50_000 },
    { id: "openai-compatible/llama3.2" },
  ];
  const parsed = parseModelList(JSON.stringify(list), 5000);
  expect(parsed).toMatchObject({
    offers: [{ inputPricePerMillion: 3, outputPricePerMillion: 20, contextTokens: 50_000 }, {}],
  });
  expect("offers" in parsed && parsed.offers[1]).not.toHaveProperty("contextTokens");
});
