import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import {
  type ChatEndpoint,
  type ChatRequest,
  delta,
  refuse,
  startChatEndpoint,
  stream,
  streamWhole,
} from "../../../tests/fixtures/models/chat-endpoint";
import { collectAnswer, conversation } from "../../../tests/fixtures/models/collect-answer";
import { realClocks } from "~/clocks";
import { createLanguageModels } from "~/model/create-language-models";
import { parseModelConfig } from "~/model/offers/model-config";

let endpoint: ChatEndpoint | null = null;
afterEach(async () => {
  await endpoint?.close();
  endpoint = null;
});

async function modelsOf(respond: (response: ServerResponse, request: ChatRequest) => void) {
  endpoint = await startChatEndpoint(respond);
  const config = parseModelConfig({
    MODEL_PROVIDER: "openai-compatible",
    OPENAI_COMPATIBLE_BASE_URL: endpoint.baseUrl,
    MODELS: "openai-compatible/llama3.2=Llama,openai-compatible/other=Other",
  });
  return createLanguageModels(
    { ...config, provider: "openai-compatible" },
    { credentials: () => Promise.reject(new Error()), maxRetries: 0, ...realClocks },
  );
}

async function answerTo(
  respond: (response: ServerResponse, request: ChatRequest) => void,
  request: { instructions?: string; temperature?: number } = {},
) {
  return collectAnswer(await modelsOf(respond), { messages: conversation("Hi"), ...request });
}

/** As it is on the wire, in pieces of so many characters. */
function raw(text: string, { headers = {}, size = Infinity } = {}) {
  return (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream", ...headers });
    for (let at = 0; at < text.length; at += size) response.write(text.slice(at, at + size));
    response.end();
  };
}

const json = (value: unknown) => JSON.stringify(value);
const HELLO = [delta({ content: "Hel" }), delta({ content: "lo" }), delta({}, "stop")];
const events = HELLO.map((event) => `data: ${json(event)}\n\n`).join("");

describe("an answer whose connection stays open ends", () => {
  test.each([
    ["at [DONE]", [...HELLO], "data: [DONE]\n\n"],
    ["at [DONE] without a line end", [...HELLO], "data: [DONE]\n"],
    ["shortly after the finish reason", [...HELLO], ""],
    ["at the usage after it", [...HELLO, { choices: [], usage: { prompt_tokens: 1 } }], ""],
  ])("%s", async (_, chunks, last) => {
    const { text, finish, error } = await answerTo((response) => {
      stream(response, ...chunks);
      response.write(last);
    });
    expect({ text, error, reason: finish?.finishReason }).toEqual({ text: "Hello", reason: "stop" });
  });

  test("after the finish reason, with usage that comes a moment later", async () => {
    const { finish } = await answerTo((response) => {
      stream(response, ...HELLO);
      setImmediate(() => response.write(`data: ${json({ usage: { completion_tokens: 3 } })}\n\n`));
    });
    expect(finish?.messageMetadata?.usage?.outputTokens).toBe(3);
  });
});

test.each([
  ["stop", "stop"],
  ["length", "length"],
  ["MAX_TOKENS", "length"],
  ["content_filter", "content-filter"],
  ["error", "other"],
  ["abort", "other"],
  ["never heard of", "other"],
])("the finish reason %s ends an answer as %s", async (reason, expected) => {
  const { text, finish, error } = await answerTo((response) => {
    stream(response, delta({ content: "Hello" }), delta({}, reason));
    response.end();
  });
  expect({ text, error, reason: finish?.finishReason }).toEqual({ text: "Hello", reason: expected });
});

test("an answer that ends with [DONE] but without a finish reason does not count as complete", async () => {
  const { text, finish } = await answerTo(
    raw(`data: ${json(delta({ content: "Hel" }))}\n\ndata: [DONE]\n\n`),
  );
  expect({ text, reason: finish?.finishReason }).toEqual({ text: "Hel", reason: "other" });
});

test.each(["[done]", "[DONE] ", " [Done]"])("an answer ends at %j as at [DONE]", async (done) => {
  const { text, error, finish } = await answerTo(
    raw(`data: ${json(delta({ content: "Hel" }))}\n\ndata:${done}\n\n`),
  );
  expect({ text, error, reason: finish?.finishReason }).toEqual({ text: "Hel", reason: "other" });
});

test.each<[string, unknown[]]>([
  ["usage without choices", [{ usage: { prompt_tokens: 1, completion_tokens: 2 } }]],
  ["choices that are null", [{ choices: null, usage: { prompt_tokens: 1 } }]],
  ["usage that is null", [{ choices: [], usage: null }]],
  ["usage of text", [{ choices: [], usage: { prompt_tokens: "5", completion_tokens: "many" } }]],
  ["an error that is null", [{ error: null, choices: [] }]],
  ["an error of empty fields", [{ error: { message: null, code: null, type: "" }, choices: [] }]],
  ["an error that says success", [{ error: { code: 0, message: "success" }, choices: [] }]],
  ["a delta that is null", [{ choices: [{ index: 0, delta: null, finish_reason: null }] }]],
  ["no delta", [{ choices: [{ index: 0 }] }]],
  ["fields of other types", [{ id: 7, created: "now", model: null, object: 1, choices: [{ delta: {} }] }]],
  ["a role of its own", [delta({ role: 5, content: null })]],
  ["content that is null", [delta({ content: null, tool_calls: null, function_call: null })]],
  ["nothing", [{}]],
  ["a value that is no object", [[], 5, "ping", null]],
  ["an empty finish reason", [delta({ content: "" }, "")]],
  ["a second choice", [{ choices: [{ index: 1, delta: { content: "Bye" } }] }]],
])("a chunk with %s loses no words", async (_, odd) => {
  const { text, finish, error } = await answerTo((response) => {
    streamWhole(response, ...odd, HELLO[0], ...odd, ...HELLO.slice(1), ...odd);
  });
  expect({ text, error, reason: finish?.finishReason }).toEqual({ text: "Hello", reason: "stop" });
});

test.each([
  [
    "content in parts",
    delta({
      content: [
        { type: "text", text: "Hel" },
        { type: "text", text: "lo" },
      ],
    }),
  ],
  ["content in parts that are texts", delta({ content: ["Hel", "lo"] })],
  ["a message instead of a delta", { choices: [{ message: { role: "assistant", content: "Hello" } }] }],
  ["a text instead of a delta", { choices: [{ text: "Hello" }] }],
  ["choices without a list", { choices: { delta: { content: "Hello" } } }],
  ["a refusal", delta({ refusal: "Hello" })],
  ["a choice whose index is a text", { choices: [{ index: "0", delta: { content: "Hello" } }] }],
  ["content in parts that hold a value", delta({ content: [{ type: "text", text: { value: "Hello" } }] })],
])("words are read from %s", async (_, chunk) => {
  const { text, error } = await answerTo((response) => {
    stream(response, chunk, delta({}, "stop"));
    response.end();
  });
  expect({ text, error }).toEqual({ text: "Hello" });
});

test.each([
  ["reasoning_content", { reasoning_content: "Hm." }],
  ["reasoning", { reasoning: "Hm." }],
  ["thinking", { thinking: "Hm." }],
  ["two fields of one meaning", { reasoning_content: "Hm.", reasoning: "Hm." }],
  ["an object", { reasoning: { content: "Hm." } }],
  ["details", { reasoning_details: [{ type: "reasoning.text", text: "Hm." }] }],
  ["parts", { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }],
])("reasoning is read from %s", async (_, thoughts) => {
  const { parts } = await answerTo((response) => {
    stream(response, delta(thoughts), ...HELLO);
    response.end();
  });
  expect(parts).toEqual([
    { type: "reasoning", text: "Hm." },
    { type: "text", text: "Hello" },
  ]);
});

describe("the body of an answer may have", () => {
  test.each([
    ["carriage returns and line feeds", events.replaceAll("\n", "\r\n")],
    ["carriage returns", events.replaceAll("\n", "\r")],
    ["no space after the colon", events.replaceAll("data: ", "data:")],
    [
      "comments and other fields",
      `: hi\nid: 1\nretry: 5\n\n${events.replaceAll("data:", ": beat\n\nevent: x\ndata:")}`,
    ],
    ["no empty line between its events", events.replaceAll("\n\n", "\n")],
    ["no empty line at its end", events.trimEnd()],
    ["lines of JSON alone", events.replaceAll("data: ", "")],
    ["a byte order mark", `\uFEFF${events}`],
    ["signs of life that are no JSON", events.replaceAll("data: ", "data: ping\n\ndata:\n\ndata: ")],
    ["all chunks in one list", json(HELLO)],
    ["all chunks in one list, over several lines", `[${HELLO.map(json).join("\n,\n")}\n]`],
    [
      "JSON over several lines",
      `data: ${json(HELLO[0]).replaceAll(",", ",\ndata: ")}\n\n${events.slice(events.indexOf("\n\n") + 2)}`,
    ],
  ])("%s, however it is cut into packets", async (_, text) => {
    for (const size of [1, 7, Infinity]) {
      const { text: said, error, finish } = await answerTo(raw(text, { size }));
      expect({ said, error, reason: finish?.finishReason }).toEqual({ said: "Hello", reason: "stop" });
      await endpoint?.close();
    }
  });

  test.each([
    ["one line", 0],
    ["several lines", 2],
  ])("the form of an answer that is not streamed, in %s", async (_, indent) => {
    const completion = {
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello", reasoning_content: "Hm." },
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    };
    const headers = { "content-type": "application/json" };
    const { parts, finish, error } = await answerTo(
      raw(JSON.stringify(completion, null, indent), { headers, size: 9 }),
    );
    expect(error).toBeUndefined();
    expect(parts.map((part) => "text" in part && part.text)).toEqual(["Hm.", "Hello"]);
    expect(finish).toMatchObject({
      finishReason: "stop",
      messageMetadata: { usage: { inputTokens: 3, outputTokens: 4 } },
    });
  });

  test("compression", async () => {
    const { text, error } = await answerTo((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      response.end(gzipSync(events));
    });
    expect({ text, error }).toEqual({ text: "Hello" });
  });
});

const OVERFLOW = "the request exceeds the available context size, try increasing it";

describe("an error in the stream is reported with its cause", () => {
  test.each([
    ["as a chunk", `data: ${json({ error: { message: OVERFLOW } })}\n\n`],
    ["as a chunk that is a text", `data: ${json({ error: OVERFLOW })}\n\n`],
    ["as an event", `event: error\ndata: ${json({ message: OVERFLOW, code: 400 })}\n\n`],
    ["as an event with plain text", `event: error\ndata: ${OVERFLOW}\n\n`],
    ["as a line of its own", `error: ${json({ code: 500, message: OVERFLOW })}\n\n`],
    [
      "as an object of the kind error",
      `data: ${json({ object: "error", message: OVERFLOW, code: 40303 })}\n\n`,
    ],
    [
      "beside choices",
      `data: ${json({ ...delta({ content: "" }, "error"), error: { code: 400, message: OVERFLOW } })}\n\n`,
    ],
    ["as detail", `data: ${json({ detail: OVERFLOW })}\n\n`],
    ["as a whole body", json({ error: { message: OVERFLOW } })],
  ])("%s", async (_, told) => {
    const { error, finish } = await answerTo(raw(told, { size: 5 }));
    expect(finish).toBeUndefined();
    expect(error).toMatchObject({
      code: "model_rejected",
      message: expect.stringContaining("too long") as string,
    });
  });

  test("and the words before it are kept", async () => {
    const { text, error } = await answerTo((response) => {
      stream(response, HELLO[0], { error: { message: "Rate limit reached", code: 429 } });
      response.end();
    });
    expect(text).toBe("Hel");
    expect(error).toMatchObject({ code: "model_throttled" });
  });

  test("and a chunk that is not JSON counts as an interruption", async () => {
    const { text, error } = await answerTo(raw(`data: ${json(HELLO[0])}\n\ndata: {"choices":\n\n${events}`));
    expect(text).toBe("Hel");
    expect(error).toMatchObject({ code: "model_interrupted" });
  });
});

test.each([
  ["<thi", [["text", "<thi"]]],
  ["<think>Hm. </thi", [["reasoning", "Hm. </thi"]]],
])("an interrupted answer keeps text that could be the beginning of a tag: %s", async (content, kept) => {
  const { parts, error } = await answerTo((response) => {
    stream(response, delta({ content }), { error: { message: "boom" } });
    response.end();
  });
  expect(parts.map((part) => [part.type, "text" in part && part.text])).toEqual(kept);
  expect(error).toMatchObject({ code: "model_interrupted" });
});

describe("a parameter that the server refuses", () => {
  const unsupported = (name: string) => `Unsupported parameter: '${name}' is not supported with this model.`;
  const hello = (response: ServerResponse) => {
    streamWhole(response, ...HELLO);
  };
  const without =
    (name: string, message: string, status = 400) =>
    (response: ServerResponse, { body }: ChatRequest) =>
      name in body ? refuse(response, status, { error: { message } }) : hello(response);

  test.each([
    ["max_tokens", `${unsupported("max_tokens")} Use 'max_completion_tokens' instead.`, 400],
    ["temperature", "Unsupported value: 'temperature' does not support 0.3 with this model.", 400],
    ["stream_options", "Unrecognized request argument supplied: stream_options", 400],
    [
      "stream_options",
      json({ detail: [{ loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] }),
      422,
    ],
    ["max_tokens", "Unknown field: max_tokens", 500],
  ])(
    "such as %s is left out or renamed at once, and not sent to the model again",
    async (name, message, status) => {
      const models = await modelsOf(without(name, message, status));
      for (let time = 0; time < 2; time++) {
        const { text, error } = await collectAnswer(models, {
          messages: conversation("Hi"),
          temperature: 0.3,
        });
        expect({ text, error }).toEqual({ text: "Hello" });
      }
      expect(endpoint!.requests.map(({ body }) => name in body)).toEqual([true, false, false]);
      if (name === "max_tokens") expect(endpoint!.requests[1]!.body.max_completion_tokens).toBe(5000);
      await collectAnswer(models, { modelId: "openai-compatible/other", messages: conversation("Hi") });
      // Parameters that one model refuses are sent to other models.
      expect(name === "temperature" || name in endpoint!.requests[3]!.body).toBe(true);
    },
  );

  test("with others takes one more request for each", async () => {
    const { text } = await answerTo(
      (response, { body }) => {
        const refused = ["stream_options", "temperature", "max_tokens"].find((name) => name in body);
        if (refused) refuse(response, 400, { error: { message: unsupported(refused), param: refused } });
        else hello(response);
      },
      { temperature: 0.3 },
    );
    expect(text).toBe("Hello");
    expect(endpoint!.requests).toHaveLength(4);
  });

  test("under both of its names is reported after two requests", async () => {
    const { error } = await answerTo((response) =>
      refuse(response, 400, { error: { message: "max_tokens and max_completion_tokens are not supported" } }),
    );
    expect(error).toMatchObject({ code: "model_rejected" });
    expect(endpoint!.requests.length).toBeLessThanOrEqual(3);
  });

  test("because the server does not stream is left out, and the answer comes in one piece", async () => {
    const { text } = await answerTo((response, { body }) =>
      body.stream === true
        ? refuse(response, 400, { error: { message: "Streaming is not supported for this model." } })
        : refuse(response, 200, { choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] }),
    );
    expect(text).toBe("Hello");
  });

  test("such as a system message is merged into the first user message", async () => {
    const { text } = await answerTo(
      (response, { body }) => {
        const messages = body.messages as { role: string; content: string }[];
        if (messages[0]!.role === "system") refuse(response, 400, { error: "System role not supported" });
        else if (messages[0]!.content === "Be brief.\n\nHi") hello(response);
        else refuse(response, 400, {});
      },
      { instructions: "Be brief." },
    );
    expect(text).toBe("Hello");
  });

  test.each([
    ["max_tokens is too large: 5000. This model supports at most 4096 completion tokens.", 4096],
    [
      "This model's maximum context length is 4096 tokens. However, you requested 5100 tokens (100 in the messages, 5000 in the completion).",
      3996,
    ],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 200 input tokens",
      3896,
    ],
  ])("because it is too large is lowered (%s)", async (message, limit) => {
    const { text } = await answerTo((response, { body }) =>
      (body.max_tokens as number) > limit ? refuse(response, 400, { error: { message } }) : hello(response),
    );
    expect(text).toBe("Hello");
    expect(endpoint!.requests[1]!.body.max_tokens).toBe(limit);
  });
});

test.each([
  ["a web page", "<!doctype html>\n<title>Hi</title>"],
  ["a text", "Ollama is running"],
  ["another protocol's greeting", "220 ready\r\n"],
  ["what LM Studio says", json({ error: "Unexpected endpoint or method. (POST /chat/completions)" })],
])("%s in place of an answer is reported as a wrong address", async (_, body) => {
  const { error } = await answerTo(raw(body, { headers: { "content-type": "text/html" } }));
  expect(error).toMatchObject({
    code: "model_address",
    message: expect.stringContaining("/chat/completions") as string,
  });
});

test("an error in a list is reported like one outside a list", async () => {
  const { error } = await answerTo(raw(json([{ error: { code: 404, message: "model not found" } }])));
  expect(error).toMatchObject({
    code: "model_rejected",
    message: expect.stringContaining("has no model") as string,
  });
});

test.each([
  ["empty tags of thoughts", "<think></think>"],
  ["white space before a word", " \n"],
])("an endless answer of %s is ended as silent", async (_, text) => {
  endpoint = await startChatEndpoint((response) => {
    stream(response);
    const timer = setInterval(() => response.write(`data: ${json(delta({ content: text }))}\n\n`), 20);
    response.on("close", () => clearInterval(timer));
  });
  const config = parseModelConfig({
    MODEL_PROVIDER: "openai-compatible",
    OPENAI_COMPATIBLE_BASE_URL: endpoint.baseUrl,
    MODELS: "openai-compatible/llama3.2=Llama",
    MODEL_STALL_SECONDS: "1",
  });
  const models = createLanguageModels(
    { ...config, provider: "openai-compatible" },
    { credentials: () => Promise.reject(new Error()), maxRetries: 0, ...realClocks },
  );
  const { error } = await collectAnswer(models, { messages: conversation("Hi") });
  expect(error).toMatchObject({ code: "model_stalled" });
});

test("a number as content is read as text", async () => {
  const { text } = await answerTo((response) => {
    stream(response, delta({ content: 42 }), delta({}, "stop"));
    response.end();
  });
  expect(text).toBe("42");
});

test("missing token counts are not reported as 0", async () => {
  for (const usage of [{ completion_tokens: 3 }, { prompt_tokens: 0, completion_tokens: 3 }]) {
    const { finish } = await answerTo((response) => {
      stream(response, ...HELLO, { choices: [], usage });
      response.end();
    });
    expect(finish?.messageMetadata?.usage).toEqual({ outputTokens: 3 });
    await endpoint?.close();
  }
});

test.each([
  [429, { error: { message: "You exceeded your current quota", code: "insufficient_quota" } }],
  [402, { error: { message: "Insufficient Balance" } }],
  [400, { error: { message: "Your credit balance is too low to access the API." } }],
  [403, { error: { message: "Your account is not active, please check your billing details" } }],
  [429, { error: { message: "Monthly spending limit reached" } }],
  [429, { error: { message: "Your prepayment credits are depleted." } }],
])(
  "an account without credit (%i) is reported as such, and the request not retried",
  async (status, body) => {
    const { error } = await answerTo((response) => refuse(response, status, body));
    expect(error).toMatchObject({
      code: "model_no_credit",
      message: expect.stringContaining("no credit") as string,
    });
    expect(endpoint!.requests).toHaveLength(1);
  },
);

test("too many requests are not reported as an account without credit", async () => {
  const message = "Rate limit reached. You can increase it at https://example.com/account/billing.";
  const { error } = await answerTo((response) => refuse(response, 429, { error: { message } }));
  expect(error).toMatchObject({ code: "model_throttled" });
});

test.each([
  [500, OVERFLOW],
  [400, "input length exceeds maximum context length"],
  [
    400,
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
  ],
  [400, "prompt too long; exceeded max context length by 12 tokens"],
  [400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."],
  [400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."],
  [
    400,
    "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
  ],
  [
    400,
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
  ],
  [400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"],
  [422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"],
  [400, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."],
  [500, "Context size has been exceeded."],
  [500, "input is too large to process. increase the physical batch size"],
  [400, "Prompt length 5000 is greater than max_seq_len 4096"],
  [400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."],
  [413, "Request too large"],
  [400, "Please reduce the length of the messages or completion."],
  [422, "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"],
  [400, "prompt tokens (9000) exceeds limit (8192)"],
  [400, "Range of input length should be [1, 30720]"],
  [413, "tokens_limit_reached: Request body too large for gpt-4o model. Max size: 8000 tokens."],
])("a conversation that is too long is reported as such (%i %s)", async (status, message) => {
  const { error } = await answerTo((response) => refuse(response, status, { error: { message } }));
  expect(error).toMatchObject({
    code: "model_rejected",
    message: expect.stringMatching(/too long .*Start a new one/) as string,
  });
});

test("a context window that is full in the middle of an answer is reported, and the words are kept", async () => {
  const { text, error } = await answerTo((response) => {
    stream(response, HELLO[0], { error: "Reached context length of 4096 tokens with this model" });
    response.end();
  });
  expect(text).toBe("Hel");
  expect(error).toMatchObject({
    code: "model_rejected",
    message: expect.stringContaining("too long") as string,
  });
});

test.each([
  ["overloaded", "model_unavailable"],
  ["constructor", "model_interrupted"],
])(
  "an error in the stream before the first word that says only %s is reported as %s",
  async (message, code) => {
    const { error } = await answerTo(raw(`data: ${json({ error: { message } })}\n\n`));
    expect(error).toMatchObject({ code });
  },
);

test("a refusal that breaks off is reported by its status", async () => {
  const { error } = await answerTo((response) => {
    response.writeHead(500, { "content-length": "100" }).write("{");
    setImmediate(() => response.destroy());
  });
  expect(error).toMatchObject({ code: "model_unavailable" });
});

test("a redirect that does not keep the method is reported as a wrong address", async () => {
  const { error } = await answerTo((response) => response.writeHead(301, { location: "/elsewhere" }).end());
  expect(error).toMatchObject({ code: "model_address" });
});
