import { describe, expect, test } from "vitest";
import {
  bedrockAccepts,
  bedrockContinuation,
  bedrockModelName,
  bedrockOffers,
  bedrockTakesTemperature,
} from "./bedrock-offers";

const idsIn = (region: string) => bedrockOffers(region, 5000).map(({ id }) => id.replace("bedrock/", ""));

describe("the default Bedrock models", () => {
  test.each([
    ["us-east-1", "us.amazon.nova-pro-v1:0", "us.anthropic.claude-sonnet-5-5"],
    ["eu-central-1", "eu.amazon.nova-pro-v1:0", "eu.anthropic.claude-sonnet-5-5"],
    ["eu-west-2", "amazon.nova-pro-v1:0", "eu.anthropic.claude-sonnet-5-5"],
    ["ap-northeast-1", "apac.amazon.nova-pro-v1:0", "jp.anthropic.claude-sonnet-5-5"],
    ["ap-southeast-2", "apac.amazon.nova-pro-v1:0", "au.anthropic.claude-sonnet-5-5"],
    ["ap-south-1", "apac.amazon.nova-pro-v1:0", "global.anthropic.claude-sonnet-5-5"],
    ["us-gov-west-1", "amazon.nova-pro-v1:0", "us-gov.anthropic.claude-sonnet-5-5"],
  ])("in %s use its inference profiles, Nova Pro first", (region, nova, claude) => {
    const ids = idsIn(region);
    expect(ids[0]).toBe(nova);
    expect(ids).toContain(claude);
  });

  test("leave out Nova in regions without its profile", () => {
    expect(idsIn("sa-east-1")).toEqual([
      "global.anthropic.claude-sonnet-5-5",
      "global.anthropic.claude-opus-5-5",
      "global.anthropic.claude-haiku-5-5",
    ]);
  });

  test("have display names and output limits that Bedrock accepts", () => {
    const offers = bedrockOffers("us-east-1", 200_000);
    expect(offers.map(({ name, maxOutputTokens }) => [name, maxOutputTokens])).toEqual([
      ["Amazon Nova Pro", 5000],
      ["Amazon Nova Lite", 5000],
      ["Amazon Nova Micro", 5000],
      ["Claude Sonnet 5.5", 128_000],
      ["Claude Opus 5.5", 128_000],
      ["Claude Haiku 5.5", 128_000],
    ]);
  });
});

test.each([
  ["us.amazon.nova-2-lite-v1:0", "Amazon Nova 2 Lite"],
  ["us.anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4"],
  ["global.anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5"],
  ["eu.anthropic.claude-opus-4-6-v1", "Claude Opus 4.6"],
  ["meta.llama4-scout-17b-instruct-v1:0", "meta.llama4-scout-17b-instruct-v1:0"],
])("the display name of %s is %s", (model, name) => {
  expect(bedrockModelName(model)).toBe(name);
});

test.each([
  ["eu.amazon.nova-micro-v1:0", "prefill"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "prefill"],
  ["us.anthropic.claude-opus-4-20250514-v1:0", "prefill"],
  ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "prefill"],
  ["us.anthropic.claude-sonnet-4-6", "ask"],
  ["us.anthropic.claude-opus-4-8", "ask"],
  ["us.anthropic.claude-opus-5", "ask"],
  ["something.new", "ask"],
])("%s continues a cut answer by %s", (model, continuation) => {
  expect(bedrockContinuation(model)).toBe(continuation);
});

test.each([
  ["amazon.nova-lite-v1:0", true],
  ["us.amazon.nova-2-lite-v1:0", true],
  ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", true],
  ["us.anthropic.claude-opus-4-20250514-v1:0", true],
  ["eu.anthropic.claude-haiku-4-5-20251001-v1:0", true],
  ["eu.anthropic.claude-opus-4-6-v1", true],
  ["us.anthropic.claude-opus-4-7", false],
  ["us.anthropic.claude-sonnet-5-5", false],
  ["something.new", false],
])("%s takes a temperature: %s", (model, takes) => {
  expect(bedrockTakesTemperature(model)).toBe(takes);
});

test.each([
  ["us.amazon.nova-pro-v1:0", true],
  ["amazon.nova-lite-v1:0", true],
  ["us.amazon.nova-2-lite-v1:0", true],
  ["eu.amazon.nova-micro-v1:0", false],
  ["global.anthropic.claude-haiku-5-5", true],
  ["something.new", false],
])("%s takes images and documents: %s", (model, takes) => {
  expect(bedrockAccepts(model)).toEqual(takes ? ["image", "document"] : []);
});
