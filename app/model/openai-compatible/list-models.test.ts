import { afterEach, expect, test } from "vitest";
import { refuse, startChatEndpoint, type ChatEndpoint } from "../../../tests/fixtures/models/chat-endpoint";
import { collectAnswer, conversation } from "../../../tests/fixtures/models/collect-answer";
import { delta, stream } from "../../../tests/fixtures/models/chat-endpoint";
import { realClocks } from "~/clocks";
import { createLanguageModels } from "~/model/create-language-models";
import { parseModelConfig } from "~/model/offers/model-config";

let endpoint: ChatEndpoint;
afterEach(() => endpoint.close());

const LIST = { object: "list", data: [{ id: "llama3.2:latest" }, { id: "nomic-embed-text:latest" }] };

function models(env: Record<string, string> = {}) {
  const config = parseModelConfig({ OPENAI_COMPATIBLE_BASE_URL: endpoint.baseUrl, ...env });
  const failures: unknown[] = [];
  const connected = createLanguageModels(
    { ...config, provider: config.provider! },
    {
      credentials: () => Promise.reject(new Error()),
      maxRetries: 0,
      onListFailure: (error) => failures.push(error),
      ...realClocks,
    },
  );
  return { models: connected, failures };
}

test("without MODELS, the models that the server lists are on offer, and answer under their id there", async () => {
  endpoint = await startChatEndpoint((response, { url }) => {
    if (url === "/v1/models") refuse(response, 200, LIST);
    else stream(response, delta({ content: "Hi" }, "stop"));
  });
  const { models: offered } = models({ OPENAI_COMPATIBLE_API_KEY: "my-key" });
  expect(offered).toMatchObject({ offers: [], defaultModelId: "", notice: { code: "no_model" } });
  await offered.refresh?.();
  expect(offered).toMatchObject({
    offers: [{ id: "openai-compatible/llama3.2:latest", name: "llama3.2" }],
    defaultModelId: "openai-compatible/llama3.2:latest",
    notice: null,
  });
  const { text } = await collectAnswer(offered, { messages: conversation("Hello") });
  expect(text).toBe("Hi");
  expect(endpoint.requests.map(({ url, key, body }) => [url, key, body.model])).toEqual([
    ["/v1/models", "Bearer my-key", undefined],
    ["/v1/chat/completions", "Bearer my-key", "llama3.2:latest"],
  ]);
});

test("a model that only another node has read yet is looked for when it is asked", async () => {
  endpoint = await startChatEndpoint((response, { url }) => {
    if (url === "/v1/models") refuse(response, 200, LIST);
    else stream(response, delta({ content: "Hi" }, "stop"));
  });
  const modelId = "openai-compatible/llama3.2:latest";
  const { text } = await collectAnswer(models().models, { modelId, messages: conversation("Hello") });
  expect(text).toBe("Hi");
});

test.each<[string, number, unknown]>([
  ["refuses", 401, "no"],
  ["answers with something else", 200, { models: [] }],
  ["answers with a page", 200, "<html>"],
])("a server that %s offers nothing, and the operator learns why", async (_, status, body) => {
  endpoint = await startChatEndpoint((response) => refuse(response, status, body));
  const { models: offered, failures } = models();
  await offered.refresh?.();
  expect(offered.offers).toEqual([]);
  expect(failures).toHaveLength(1);
  const { error } = await collectAnswer(offered, {
    modelId: "openai-compatible/x",
    messages: conversation("Hi"),
  });
  expect(error).toMatchObject({ code: "model_not_found" });
});
