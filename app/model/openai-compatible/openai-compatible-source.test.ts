import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ExpectedError } from "~/conversation/expected-error";
import { delta, stream, streamWhole } from "../../../tests/fixtures/models/chat-endpoint";
import { collectAnswer, conversation } from "../../../tests/fixtures/models/collect-answer";
import { realClocks } from "~/clocks";
import { createLanguageModels } from "~/model/create-language-models";
import { parseModelConfig } from "~/model/offers/model-config";

let close: (() => Promise<void>) | null = null;
afterEach(async () => {
  await close?.();
  close = null;
});

type Request = { url: string | undefined; key: string | undefined; body: Record<string, unknown> };

/** A server that speaks chat completions; `respond` is the test's. */
async function startServer(respond: (response: ServerResponse) => void) {
  const requests: Request[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { url, headers } = request;
      requests.push({ url, key: headers.authorization, body: JSON.parse(body) as Request["body"] });
      respond(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`, requests };
}

function models(baseUrl: string, env: Record<string, string> = {}) {
  const config = parseModelConfig({
    MODEL_PROVIDER: "openai-compatible",
    OPENAI_COMPATIBLE_BASE_URL: baseUrl,
    MODELS: "openai-compatible/llama3.2=Llama",
    ...env,
  });
  return createLanguageModels(
    { ...config, provider: "openai-compatible" },
    { credentials: () => Promise.reject(new Error()), maxRetries: 0, ...realClocks },
  );
}

test("an effort of reasoning is sent where MODELS declares it, and left out once the server refuses it", async () => {
  const reasons = { id: "openai-compatible/thinker", efforts: ["low", "high"] };
  const { baseUrl, requests } = await startServer((response) => {
    if (requests.at(-1)?.body.reasoning_effort === "high") {
      response.writeHead(400).end('{"error":{"message":"reasoning_effort is not supported"}}');
    } else {
      streamWhole(response, delta({ content: "Yes." }, "stop"));
    }
  });
  const offered = models(baseUrl, { MODELS: JSON.stringify([reasons, { id: "openai-compatible/other" }]) });
  const ask = (modelId: string, effort: "low" | "medium" | "high") =>
    collectAnswer(offered, { modelId, effort, messages: conversation("Hi") });
  await ask(reasons.id, "low");
  await ask(reasons.id, "medium");
  await ask("openai-compatible/other", "low");
  await ask(reasons.id, "high");
  const sent = requests.map(({ body }) => body.reasoning_effort);
  expect(sent).toEqual(["low", undefined, undefined, "high", undefined]);
});

test("what a server says of its failure is beside the sentence, without the key", async () => {
  const { baseUrl } = await startServer((response) => {
    response.writeHead(500).end('{"error":{"message":"my-key: the GPU has no memory left"}}');
  });
  const { error } = await collectAnswer(models(baseUrl, { OPENAI_COMPATIBLE_API_KEY: "my-key" }), {
    messages: conversation("Hi"),
  });
  expect((error as ExpectedError).providerMessage).toBe("HTTP 500: …: the GPU has no memory left");
  expect((error as ExpectedError).message).not.toContain("GPU");
});

function sayHello(response: ServerResponse): void {
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  streamWhole(response, delta({ content: "Hel" }), delta({ content: "lo" }, "stop"), { choices: [], usage });
}

test("an answer arrives with its usage, which the request asks for", async () => {
  const { baseUrl, requests } = await startServer(sayHello);
  const { text, finish, error } = await collectAnswer(models(baseUrl), {
    messages: conversation("Hi"),
    instructions: "Be brief.",
  });
  expect(error).toBeUndefined();
  expect(text).toBe("Hello");
  expect(finish?.messageMetadata?.usage).toEqual({ inputTokens: 5, outputTokens: 2 });
  expect(requests).toEqual([
    {
      url: "/v1/chat/completions",
      key: undefined,
      body: {
        model: "llama3.2",
        max_tokens: 5000,
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hi" },
        ],
      },
    },
  ]);
});

test("the API key is sent where there is one", async () => {
  const { baseUrl, requests } = await startServer(sayHello);
  await collectAnswer(models(baseUrl, { OPENAI_COMPATIBLE_API_KEY: "k" }), { messages: conversation("Hi") });
  expect(requests[0]?.key).toBe("Bearer k");
});

test("parts have unique ids when the server sends reasoning twice", async () => {
  const { baseUrl } = await startServer((response) => {
    const reasoning = (text: string) => delta({ reasoning_content: text });
    streamWhole(
      response,
      reasoning("a"),
      delta({ content: "1" }),
      reasoning("b"),
      delta({ content: "2" }, "stop"),
    );
  });
  const { parts, chunks } = await collectAnswer(models(baseUrl), { messages: conversation("Hi") });
  expect(parts.map((part) => `${part.type} ${"text" in part ? part.text : ""}`)).toEqual([
    "reasoning a",
    "text 1",
    "reasoning b",
    "text 2",
  ]);
  const opened = chunks.flatMap((chunk) =>
    chunk.type.endsWith("-start") && "id" in chunk ? [chunk.id] : [],
  );
  expect(new Set(opened).size).toBe(4);
});

test("the error for a server that is not running names its address", async () => {
  const { baseUrl } = await startServer(sayHello);
  await close?.();
  close = null;
  const { error } = await collectAnswer(models(baseUrl), { messages: conversation("Hi") });
  expect(error).toMatchObject({
    code: "model_unavailable",
    message: `Nothing answers at ${baseUrl}: is the model server running?`,
  });
});

test.each([
  [404, "model 'llama3.2' not found", "model_rejected", "ollama pull llama3.2"],
  [401, "Incorrect API key", "model_credentials", "OPENAI_COMPATIBLE_API_KEY"],
  [400, "This model's maximum context length is 4096 tokens", "model_rejected", "too long"],
  [500, "llama runner has terminated", "model_unavailable", "The model server"],
])("status %i (%s) is reported as %s", async (status, message, code, words) => {
  const { baseUrl } = await startServer((response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message } }));
  });
  const error = (await collectAnswer(models(baseUrl), { messages: conversation("Hi") }))
    .error as ExpectedError;
  expect(error.code).toBe(code);
  expect(error.message).toContain(words);
  expect(error.message).not.toContain(message);
});

test.each([
  ["an end without a finish reason", (response: ServerResponse) => response.end()],
  [
    "an error in the stream",
    (response: ServerResponse) => response.end('data: {"error":{"message":"boom"}}\n\n'),
  ],
  ["a line that is no JSON", (response: ServerResponse) => response.end("data: {\n\n")],
])("%s keeps the text and is reported as an error", async (_, end) => {
  const { baseUrl } = await startServer((response) => {
    stream(response, delta({ content: "Hel" }));
    end(response);
  });
  const { text, error, finish } = await collectAnswer(models(baseUrl), { messages: conversation("Hi") });
  expect(text).toBe("Hel");
  expect(finish).toBeUndefined();
  expect(error).toMatchObject({ code: "model_interrupted" });
});
