import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { type BedrockEndpoint, startBedrockEndpoint } from "../../../tests/fixtures/models/bedrock-endpoint";
import { collectAnswer, conversation } from "../../../tests/fixtures/models/collect-answer";
import { realClocks } from "~/clocks";
import type { AwsCredentials } from "./bedrock-source";
import { createLanguageModels } from "~/model/create-language-models";
import { parseModelConfig } from "~/model/offers/model-config";

const KEYS: AwsCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "not-a-secret" };
const CACHED = { cachePoint: { type: "default" } };
const CLAUDE = "bedrock/eu.anthropic.claude-sonnet-5-5";

let endpoint: BedrockEndpoint;
beforeEach(async () => {
  endpoint = await startBedrockEndpoint();
});
afterEach(() => endpoint.close());

function bedrock(
  env: Record<string, string> = {},
  options: { credentials?: () => Promise<AwsCredentials>; stallSeconds?: number; maxRetries?: number } = {},
) {
  const config = parseModelConfig({
    MODEL_PROVIDER: "bedrock",
    AWS_REGION: "eu-central-1",
    BEDROCK_BASE_URL: endpoint.url,
    ...env,
  });
  const {
    credentials = () => Promise.resolve(KEYS),
    stallSeconds = config.stallSeconds,
    maxRetries,
  } = options;
  return createLanguageModels(
    { ...config, provider: "bedrock", stallSeconds },
    { credentials, ...realClocks, ...(maxRetries !== undefined && { maxRetries }) },
  );
}

function expectFailure(error: unknown, code: string, ...words: string[]) {
  expect(error).toBeInstanceOf(ExpectedError);
  const { code: actual, message } = error as ExpectedError;
  expect({ code: actual, message }).toEqual({ code, message });
  for (const word of words) expect(message).toContain(word);
  // A sentence, and nothing of the machine in it.
  expect(message).toMatch(/^[A-Z].*[.?]$/);
  expect(message).not.toMatch(/[{}]|Exception|Error|\bat \w+ \(/);
  expect(message).not.toContain(KEYS.accessKeyId);
}

describe("an answer from Bedrock", () => {
  test("arrives in parts, then finishes with its usage", async () => {
    endpoint.script({ name: "ok", reasoning: "Let me see.", text: "Hello there, friend." });
    const { parts, chunks, finish, error } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expect(error).toBeUndefined();
    expect(parts).toEqual([
      { type: "reasoning", text: "Let me see." },
      { type: "text", text: "Hello there, friend." },
    ]);
    expect(chunks.map(({ type }) => type)).toEqual([
      ...["reasoning-start", "reasoning-delta", "reasoning-end"],
      ...["text-start", "text-delta", "text-delta", "text-delta", "text-end", "finish"],
    ]);
    expect(finish).toEqual({
      type: "finish",
      finishReason: "stop",
      messageMetadata: { usage: { inputTokens: 12, outputTokens: 3 } },
    });
  });

  test("is requested with the whole branch, the instructions and the token limit, signed", async () => {
    await collectAnswer(bedrock({ MAX_OUTPUT_TOKENS: "700" }), {
      messages: conversation("One", "1", "Two"),
      instructions: "Be brief.",
    });
    const { modelId, body, authorization } = await endpoint.request(0);
    expect(modelId).toBe("eu.amazon.nova-pro-v1:0");
    expect(authorization).toBe("sigv4");
    expect(body.system).toEqual([{ text: "Be brief." }, CACHED]);
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "One" }, CACHED] },
      { role: "assistant", content: [{ text: "1" }] },
      { role: "user", content: [{ text: "Two" }, CACHED] },
    ]);
    expect(body.inferenceConfig?.maxTokens).toBe(700);
  });

  test("is requested by a prompt that begins like the previous one, up to its cache checkpoint", async () => {
    const models = bedrock();
    const instructions = "Be brief.";
    await collectAnswer(models, { messages: conversation("One", "1", "Two"), instructions });
    await collectAnswer(models, { messages: conversation("One", "1", "Two", "2", "Three"), instructions });
    const [first, second] = endpoint.requests.map(({ body }) => body.messages);
    const texts = (messages: typeof first) =>
      messages!.map(({ content }) => content.filter((block) => !block.cachePoint));
    expect(texts(second).slice(0, 3)).toEqual(texts(first));
    expect(second![2]!.content.at(-1)).toEqual(CACHED);
    const points = JSON.stringify(endpoint.requests[1]!.body).match(/cachePoint/g);
    // Bedrock takes no more than four.
    expect(points).toHaveLength(3);
  });

  test("is filtered by the guardrail of the operator, without a trace, and says so where that has blocked it", async () => {
    endpoint.script({ name: "ok", text: "I cannot talk about that.", stopReason: "guardrail_intervened" });
    const models = bedrock({ BEDROCK_GUARDRAIL: "gr1a2b3c4d5e:2" });
    const { finish, text } = await collectAnswer(models, { messages: conversation("Hi") });
    expect(text).toBe("I cannot talk about that.");
    expect(finish).toMatchObject({ finishReason: "content-filter", messageMetadata: { isGuarded: true } });
    expect((await endpoint.request(0)).body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: "gr1a2b3c4d5e", guardrailVersion: "2", trace: "disabled" },
    });
  });

  test("is requested without cache checkpoints where the model has no prompt cache", async () => {
    const models = bedrock({ MODELS: "bedrock/meta.llama4-scout-17b-instruct-v1:0" });
    await collectAnswer(models, { messages: conversation("Hi"), instructions: "Be brief." });
    expect(JSON.stringify((await endpoint.request(0)).body)).not.toContain("cachePoint");
  });

  test("reports cached input tokens as a part of the input tokens", async () => {
    endpoint.script({
      name: "ok",
      text: "Yes.",
      cached: { cacheReadInputTokens: 900, cacheWriteInputTokens: 88 },
    });
    const { finish } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expect(finish?.messageMetadata?.usage).toEqual({
      inputTokens: 1000,
      cacheReadTokens: 900,
      cacheWriteTokens: 88,
      outputTokens: 1,
    });
  });

  test("to a conversation that is too long is requested with the messages that fit, and reports the number of others", async () => {
    const models = bedrock({
      MODELS: JSON.stringify([
        { id: "bedrock/amazon.nova-pro-v1:0", contextTokens: 2_000, maxOutputTokens: 500 },
      ]),
    });
    const said = Array.from({ length: 9 }, (_, index) => `${index} ${"x".repeat(900)}`);
    const { finish } = await collectAnswer(models, {
      messages: conversation(...said),
      instructions: "Be brief.",
    });
    const { body } = await endpoint.request(0);
    const omittedMessages = finish?.messageMetadata?.omittedMessages ?? 0;
    expect(omittedMessages).toBeGreaterThan(0);
    expect(body.system?.[0]).toEqual({ text: "Be brief." });
    expect(body.messages.map(({ content }) => content[0]!.text)).toEqual(said.slice(omittedMessages));
    expect(body.messages[0]!.role).toBe("user");
  });

  test("is requested with a temperature only where the model takes one", async () => {
    const takes = "bedrock/eu.amazon.nova-pro-v1:0";
    // Not a Claude that refuses: the provider knows those too, and would hide a mistake of ours.
    const doesNot = { id: "bedrock/amazon.nova-lite-v1:0", takesTemperature: false };
    const models = bedrock({ MODELS: JSON.stringify([{ id: takes }, doesNot]) });
    for (const modelId of [takes, doesNot.id]) {
      await collectAnswer(models, { modelId, messages: conversation("Hi"), temperature: 0.3 });
    }
    const [first, second] = [await endpoint.request(0), await endpoint.request(1)];
    expect(first.body.inferenceConfig?.temperature).toBe(0.3);
    expect(second.body.inferenceConfig).not.toHaveProperty("temperature");
  });

  test("is requested with an effort of reasoning where the model offers it, and then without a temperature", async () => {
    const claude = "bedrock/eu.anthropic.claude-sonnet-4-6";
    const models = bedrock({ MODELS: `${claude},bedrock/eu.amazon.nova-pro-v1:0` });
    const request = { messages: conversation("Hi"), temperature: 0.3, effort: "high" } as const;
    for (const { id: modelId } of models.offers) await collectAnswer(models, { ...request, modelId });
    const [first, second] = [await endpoint.request(0), await endpoint.request(1)];
    expect(first.body.additionalModelRequestFields).toEqual({
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
    });
    expect(first.body.inferenceConfig).toEqual({ maxTokens: 5000 });
    expect(second.body).not.toHaveProperty("additionalModelRequestFields");
    expect(second.body.inferenceConfig?.temperature).toBe(0.3);
  });

  test("is requested with a lower token limit where the request has one, never with a higher one", async () => {
    for (const maxOutputTokens of [100, 10_000]) {
      await collectAnswer(bedrock(), { messages: conversation("Hi"), maxOutputTokens });
    }
    const limits = endpoint.requests.map(({ body }) => body.inferenceConfig?.maxTokens);
    expect(limits).toEqual([100, 5000]);
  });

  test("is requested with an API key where there is one, without resolving credentials", async () => {
    const models = bedrock(
      { AWS_BEARER_TOKEN_BEDROCK: "key" },
      { credentials: () => Promise.reject(new Error("asked")) },
    );
    const { error } = await collectAnswer(models, { messages: conversation("Hi") });
    expect(error).toBeUndefined();
    expect((await endpoint.request(0)).authorization).toBe("bearer");
  });

  test("that reaches the token limit has the finish reason length", async () => {
    endpoint.script({ name: "ok", stopReason: "max_tokens" });
    const { finish } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expect(finish?.finishReason).toBe("length");
  });

  test.each([
    ["stop_sequence", "stop"],
    ["model_context_window_exceeded", "length"],
    ["guardrail_intervened", "content-filter"],
    ["content_filtered", "content-filter"],
    ["malformed_model_output", "other"],
    ["malformed_tool_use", "other"],
    ["of_a_later_version", "other"],
  ])("with the stop reason %s has the finish reason %s", async (stopReason, reason) => {
    endpoint.script({ name: "ok", stopReason });
    const { finish, error } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expect({ error, reason: finish?.finishReason }).toEqual({ reason });
  });

  test("with reasoning in tags has it in a separate part", async () => {
    for (const pieceLength of [1, 4, 100]) {
      endpoint.script({ name: "ok", text: "<think>\nHm.\n</think>\n\nYes.", pieceLength });
      const { parts } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
      expect(parts).toEqual([
        { type: "reasoning", text: "Hm." },
        { type: "text", text: "Yes." },
      ]);
    }
  });

  test.each(["us.amazon.nova-pro-v1:0", "us.anthropic.claude-sonnet-5-5"])(
    "that was cut is continued by %s without a seam, wherever it was cut",
    async (model) => {
      const models = bedrock({ MODELS: `bedrock/${model}` });
      const messages = conversation("say it\n\n  [again]");
      const whole = (await collectAnswer(models, { messages })).text;
      for (const cut of [1, 3, 4, 9, 10, whole.length - 1]) {
        const begun = whole.slice(0, cut);
        const { text } = await collectAnswer(models, { messages, continueFrom: begun });
        expect(begun + text).toBe(whole);
      }
      expect(endpoint.requests.at(-1)?.body.messages.at(-1)?.role).toBe(
        model.includes("nova") ? "assistant" : "user",
      );
    },
  );
});

test.each([
  [{}, CLAUDE, CLAUDE],
  [{}, "demo/demo", null],
  [{ TITLE_MODEL: "none" }, CLAUDE, null],
  [{ TITLE_MODEL: "bedrock/eu.amazon.nova-micro-v1:0" }, CLAUDE, "bedrock/eu.amazon.nova-micro-v1:0"],
])("with %j the title model of sessions with %s is %s", (env, modelId, titleModelId) => {
  expect(bedrock(env).titleModelFor(modelId)).toBe(titleModelId);
});

describe("a call that Bedrock refuses", () => {
  test("for throttling is retried without an error", async () => {
    endpoint.script("throttled", "throttled");
    const { text, error } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expect(error).toBeUndefined();
    expect(text).toBe("You said: Hi");
    expect(endpoint.requests).toHaveLength(3);
  });

  test("for throttling time and again is reported as throttled", async () => {
    endpoint.script("throttled", "throttled", "throttled");
    const { error, chunks } = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expectFailure(error, "model_throttled", "Amazon Nova Pro", "eu-central-1", "Wait a minute");
    expect(chunks).toEqual([]);
    expect(endpoint.requests).toHaveLength(3);
  });

  test.each([
    ["denied", "model_denied", ["Claude Sonnet 5.5", "eu-central-1", "playground of the Bedrock console"]],
    ["badCredentials", "model_credentials", ["Claude Sonnet 5.5", "expired"]],
    ["rejected", "model_rejected", ["Claude Sonnet 5.5", "did not accept"]],
    ["tooLong", "model_rejected", ["Claude Sonnet 5.5", "too long"]],
    ["unknownModel", "model_rejected", ["eu.anthropic.claude-sonnet-5-5", "eu-central-1"]],
  ] as const)("with %s is not tried again, and explained", async (behaviour, code, words) => {
    endpoint.script(behaviour);
    const { error, chunks } = await collectAnswer(bedrock(), {
      modelId: CLAUDE,
      messages: conversation("Hi"),
    });
    expectFailure(error, code, ...words);
    expect(chunks).toEqual([]);
    expect(endpoint.requests).toHaveLength(1);
  });

  test("for being unavailable is retried, then reported", async () => {
    endpoint.script("unavailable", "unavailable", "unavailable");
    let retries = 0;
    const retrying = () => (retries += 1);
    const { error } = await collectAnswer(bedrock(), { messages: conversation("Hi"), onRetry: retrying });
    expectFailure(error, "model_unavailable", "Bedrock in eu-central-1", "Amazon Nova Pro");
    expect(endpoint.requests).toHaveLength(3);
    expect(retries).toBe(2);
  });

  test("because nothing listens at the address is reported with the address", async () => {
    await endpoint.close();
    const { error } = await collectAnswer(bedrock({}, { maxRetries: 0 }), { messages: conversation("Hi") });
    expectFailure(error, "model_unavailable", `Nothing answers at ${endpoint.url}`);
    endpoint = await startBedrockEndpoint();
  });
});

describe("an answer that breaks off", () => {
  const text = "one two three four five six";
  const arrived = "one two three ";

  test.each([
    ["errorFrame", "model_interrupted", "cut off"],
    ["throttleFrame", "model_throttled", "Wait a minute"],
    ["cut", "model_interrupted", "cut off"],
  ] as const)("by %s keeps what arrived, and is not asked for again", async (name, code, words) => {
    endpoint.script({ name, text });
    const collected = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expectFailure(collected.error, code, "Amazon Nova Pro", words);
    expect(collected.text).toBe(arrived);
    expect(collected.finish).toBeUndefined();
    expect(endpoint.requests).toHaveLength(1);
  });

  test("by ending without a messageStop does not count as complete", async () => {
    endpoint.script({ name: "noStop", text });
    const collected = await collectAnswer(bedrock(), { messages: conversation("Hi") });
    expectFailure(collected.error, "model_interrupted", "Amazon Nova Pro");
    expect(collected.text).toBe(text);
    expect(collected.finish).toBeUndefined();
  });

  test("by falling silent is ended, and its connection closed", async () => {
    endpoint.script({ name: "stall", text });
    const models = bedrock({}, { stallSeconds: 0.15 });
    const collected = await collectAnswer(models, { messages: conversation("Hi") });
    expectFailure(collected.error, "model_stalled", "Amazon Nova Pro");
    expect(collected.text).toBe(arrived);
    expect(await (await endpoint.request(0)).ended).toBe("closed by client");
  });

  test("because the consumer aborted it ends with the abort reason, and its connection is closed", async () => {
    endpoint.script({ name: "stall", text });
    const stop = new AbortController();
    const reason = new Error("stopped by a person");
    let words = 0;
    const collected = await collectAnswer(
      bedrock(),
      { messages: conversation("Hi"), signal: stop.signal },
      ({ type }) => {
        if (type === "text-delta" && ++words === 3) stop.abort(reason);
      },
    );
    expect(collected.error).toBe(reason);
    expect(collected.text).toBe(arrived);
    expect(await (await endpoint.request(0)).ended).toBe("closed by client");
  });

  test("because the consumer left has its connection closed", async () => {
    endpoint.script({ name: "stall", text });
    const models = bedrock();
    for await (const chunk of models.generate({
      modelId: models.defaultModelId,
      instructions: "",
      messages: conversation("Hi"),
      continueFrom: null,
      attachment: () => Promise.resolve(null),
      signal: new AbortController().signal,
    })) {
      if (chunk.type === "text-delta") break;
    }
    expect(await (await endpoint.request(0)).ended).toBe("closed by client");
  });
});

describe("a call to Bedrock without credentials", () => {
  test("is reported with the ways to provide them", async () => {
    const cause = Object.assign(new Error("Could not load credentials from any providers"), {
      name: "CredentialsProviderError",
    });
    const models = bedrock({}, { credentials: () => Promise.reject(cause) });
    const { error } = await collectAnswer(models, { messages: conversation("Hi") });
    expectFailure(error, "model_credentials", "No AWS credentials were found: ");
    expect(((error as Error).cause as Error).cause).toBe(cause);
    expect(endpoint.requests).toHaveLength(0);
  });

  test("can be stopped while the credential chain hangs", async () => {
    const stop = new AbortController();
    const models = bedrock({}, { credentials: () => new Promise(() => undefined) });
    const answer = collectAnswer(models, { messages: conversation("Hi"), signal: stop.signal });
    stop.abort(new Error("stopped"));
    expect((await answer).error).toBe(stop.signal.reason);
  });
});

test("the logged error of a failed call contains nothing of the conversation", async () => {
  endpoint.script("rejected");
  const { error } = await collectAnswer(bedrock(), { messages: conversation("my secret diary") });
  const cause = (error as Error).cause as Error;
  expect(cause).toMatchObject({ name: "AI_APICallError", statusCode: 400 });
  expect(JSON.stringify({ ...cause, message: cause.message })).not.toContain("diary");
});

test("a model that is not offered is not called", async () => {
  const { error } = await collectAnswer(bedrock(), {
    modelId: "bedrock/none",
    messages: conversation("Hi"),
  });
  expectFailure(error, "model_not_found", "bedrock/none");
});
