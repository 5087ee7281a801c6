import { describe, expect, test } from "vitest";
import { parseModelConfig, providerOf } from "./model-config";
import { ModelConfigError } from "./model-config-error";

function issuesOf(env: Record<string, string>): readonly string[] {
  try {
    parseModelConfig(env);
  } catch (error) {
    if (error instanceof ModelConfigError) return error.issues;
    throw error;
  }
  return [];
}

describe("without variables", () => {
  test("every setting has its default, and the provider is still to be chosen", () => {
    expect(parseModelConfig({})).toEqual({
      provider: null,
      models: null,
      wildcard: null,
      defaultModelId: null,
      titleModelId: null,
      maxOutputTokens: 5000,
      region: "us-east-1",
      bedrockBaseUrl: null,
      bedrockGuardrail: null,
      bedrockApiKey: null,
      openaiCompatibleBaseUrl: null,
      openaiCompatibleApiKey: null,
      demoTokensPerSecond: 40,
      stallSeconds: 120,
    });
  });

  test("empty and blank variables count as unset", () => {
    expect(
      parseModelConfig({ MODEL_PROVIDER: "", MODELS: " ", MAX_OUTPUT_TOKENS: "", AWS_REGION: "" }),
    ).toEqual(parseModelConfig({}));
  });
});

test("the region is AWS_REGION, else AWS_DEFAULT_REGION", () => {
  expect(parseModelConfig({ AWS_DEFAULT_REGION: "eu-west-1" }).region).toBe("eu-west-1");
  expect(parseModelConfig({ AWS_DEFAULT_REGION: "eu-west-1", AWS_REGION: "us-gov-west-1" }).region).toBe(
    "us-gov-west-1",
  );
});

describe("MODELS", () => {
  const OLLAMA = { OPENAI_COMPATIBLE_BASE_URL: "http://localhost:11434/v1" };

  test("lists ids of several providers, with optional names", () => {
    const { models, provider } = parseModelConfig({
      ...OLLAMA,
      MODELS: "openai-compatible/llama3.2:3b=Llama on my desk, bedrock/us.amazon.nova-lite-v1:0 ,demo/demo,",
      MAX_OUTPUT_TOKENS: "900",
    });
    expect(provider).toBe("openai-compatible");
    expect(models).toEqual([
      {
        id: "openai-compatible/llama3.2:3b",
        name: "Llama on my desk",
        maxOutputTokens: 900,
        continuation: "ask",
        accepts: [],
        takesTemperature: true,
      },
      {
        id: "bedrock/us.amazon.nova-lite-v1:0",
        name: "Amazon Nova Lite",
        maxOutputTokens: 900,
        continuation: "prefill",
        accepts: ["image", "document"],
        takesTemperature: true,
        contextTokens: 300_000,
        cachesPrompts: true,
        inputPricePerMillion: 0.06,
        cacheReadPricePerMillion: 0.015,
        cacheWritePricePerMillion: 0.06,
        outputPricePerMillion: 0.24,
      },
      {
        id: "demo/demo",
        name: "Demo model",
        maxOutputTokens: 900,
        continuation: "ask",
        accepts: ["image", "document"],
        takesTemperature: false,
      },
    ]);
  });

  test("may be JSON, with limits for each model that never exceed the common one", () => {
    const { models } = parseModelConfig({
      MODELS: JSON.stringify([
        {
          id: "bedrock/x",
          name: "X",
          maxOutputTokens: 100,
          continuation: "prefill",
          accepts: ["image"],
          takesTemperature: true,
          inputPricePerMillion: 0.8,
          outputPricePerMillion: 3.2,
        },
        { id: "bedrock/y", maxOutputTokens: 1_000_000 },
      ]),
    });
    expect(models).toEqual([
      {
        id: "bedrock/x",
        name: "X",
        maxOutputTokens: 100,
        continuation: "prefill",
        accepts: ["image"],
        takesTemperature: true,
        inputPricePerMillion: 0.8,
        outputPricePerMillion: 3.2,
      },
      {
        id: "bedrock/y",
        name: "y",
        maxOutputTokens: 5000,
        continuation: "ask",
        accepts: [],
        takesTemperature: false,
      },
    ]);
  });

  test("keeps the slashes of an ARN", () => {
    const arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    expect(parseModelConfig({ MODELS: `bedrock/${arn}` }).models?.[0]?.id).toBe(`bedrock/${arn}`);
  });

  test.each([
    ["llama3.2", 'MODELS: "llama3.2" must begin with bedrock/, openai-compatible/ or demo/'],
    ["demo/a,demo/a", 'MODELS lists "demo/a" twice.'],
    ["[", "MODELS begins like a JSON array but is none"],
    ["[]", "MODELS is an empty list."],
    [",", "MODELS is an empty list."],
    ['[{"id":"demo/a","tokens":5}]', "MODELS[0]: "],
  ])("%s is refused", (value, issue) => {
    expect(issuesOf({ MODELS: value }).join("\n")).toContain(issue);
  });
});

describe("DEFAULT_MODEL", () => {
  test("must be on offer", () => {
    const env = { MODELS: "demo/a,demo/b", DEFAULT_MODEL: "demo/c" };
    expect(issuesOf(env).join()).toContain('DEFAULT_MODEL is "demo/c", which is not on offer');
    expect(issuesOf({ ...env, DEFAULT_MODEL: "demo/b" })).toEqual([]);
  });

  test("is checked against the provider's default list, too", () => {
    const env = { MODEL_PROVIDER: "bedrock", AWS_REGION: "eu-west-1" };
    expect(issuesOf({ ...env, DEFAULT_MODEL: "bedrock/us.amazon.nova-pro-v1:0" })).toHaveLength(1);
    expect(issuesOf({ ...env, DEFAULT_MODEL: "bedrock/eu.amazon.nova-lite-v1:0" })).toEqual([]);
  });
});

test("openai-compatible models need a base URL", () => {
  for (const env of [
    { MODEL_PROVIDER: "openai-compatible" },
    { MODELS: "openai-compatible/x" },
    { MODELS: "demo/demo,*" },
  ]) {
    expect(issuesOf(env).join()).toContain("OPENAI_COMPATIBLE_BASE_URL is needed");
  }
});

test("the models that a server lists stand where MODELS has a *, or alone without MODELS", () => {
  const server = { OPENAI_COMPATIBLE_BASE_URL: "http://localhost:1/v1" };
  const wildcard = (env: object) => parseModelConfig({ ...server, ...env }).wildcard;
  expect(parseModelConfig(server)).toMatchObject({ provider: "openai-compatible", wildcard: { at: 0 } });
  expect(parseModelConfig({ ...server, MODELS: "*" })).toMatchObject({ provider: "openai-compatible" });
  expect(wildcard({ MODELS: "demo/demo,openai-compatible/*,openai-compatible/a" })).toEqual({ at: 1 });
  const json = JSON.stringify([{ id: "*", contextTokens: 8_000 }, { id: "demo/demo" }]);
  expect(wildcard({ MODELS: json })).toEqual({ at: 0, contextTokens: 8_000 });
  expect(wildcard({ MODELS: "openai-compatible/a" })).toBeNull();
  expect(wildcard({ MODEL_PROVIDER: "demo" })).toBeNull();
});

test.each([
  ["MODEL_PROVIDER", "openai"],
  ["MAX_OUTPUT_TOKENS", "0"],
  ["MAX_OUTPUT_TOKENS", "many"],
  ["DEMO_TOKENS_PER_SECOND", "-1"],
  ["MODEL_STALL_SECONDS", "291"],
  ["AWS_REGION", "Frankfurt"],
  ["BEDROCK_BASE_URL", "localhost"],
  ["BEDROCK_GUARDRAIL", "gr1a2b3c4d5e"],
  ["BEDROCK_GUARDRAIL", "gr1a2b3c4d5e:latest"],
  ["OPENAI_COMPATIBLE_BASE_URL", "file:///etc"],
])("%s=%s is refused with an error that names the variable", (name, value) => {
  const issues = issuesOf({ [name]: value });
  expect(issues).toHaveLength(1);
  expect(issues[0]).toMatch(new RegExp(`^${name} must .*\\.$`));
});

test.each([
  ["gr1a2b3c4d5e:12", { id: "gr1a2b3c4d5e", version: "12" }],
  [
    "arn:aws:bedrock:eu-central-1:123456789012:guardrail/gr1a2b3c4d5e:DRAFT",
    { id: "arn:aws:bedrock:eu-central-1:123456789012:guardrail/gr1a2b3c4d5e", version: "DRAFT" },
  ],
])("BEDROCK_GUARDRAIL=%s is an id and a version", (value, guardrail) => {
  expect(parseModelConfig({ BEDROCK_GUARDRAIL: value }).bedrockGuardrail).toEqual(guardrail);
});

test("all invalid variables are reported at once, without the values of secrets", () => {
  const env = { MODEL_PROVIDER: "x", MAX_OUTPUT_TOKENS: "y", OPENAI_COMPATIBLE_API_KEY: "secret" };
  expect(issuesOf(env)).toHaveLength(2);
  expect(issuesOf(env).join()).not.toContain("secret");
});

test("TITLE_MODEL is an offered model or none", () => {
  const MODELS = "bedrock/a,bedrock/b";
  expect(parseModelConfig({ MODELS, TITLE_MODEL: "bedrock/b" }).titleModelId).toBe("bedrock/b");
  expect(parseModelConfig({ MODELS, TITLE_MODEL: "none" }).titleModelId).toBe("none");
  expect(issuesOf({ MODELS, TITLE_MODEL: "bedrock/c" })).toEqual([
    'TITLE_MODEL is "bedrock/c", which is neither "none" nor on offer. On offer: bedrock/a, bedrock/b.',
  ]);
});

test("a model id names its provider", () => {
  expect(providerOf("openai-compatible/a/b")).toBe("openai-compatible");
  expect(() => providerOf("llama")).toThrow();
});
