import { afterEach, describe, expect, test } from "vitest";
import type { ToolDefinition } from "~/conversation/calls/tool-set";
import type { Part } from "~/conversation/session/session";
import { realClocks } from "~/clocks";
import {
  type ChatEndpoint,
  delta,
  refuse,
  startChatEndpoint,
  stream,
  streamWhole,
} from "../../tests/fixtures/models/chat-endpoint";
import { collectAnswer, conversation } from "../../tests/fixtures/models/collect-answer";
import { pngFile, sha256 } from "../../tests/fixtures/sample-files";
import { createLanguageModels } from "./create-language-models";
import { parseModelConfig } from "./offers/model-config";

const TOOLS: readonly ToolDefinition[] = [
  { name: "files_read", description: "Reads a file.", inputSchema: { type: "object" } },
];

let endpoint: ChatEndpoint | null = null;
afterEach(async () => {
  await endpoint?.close();
  endpoint = null;
});

async function serve(respond: Parameters<typeof startChatEndpoint>[0], accepts: string[] = []) {
  endpoint = await startChatEndpoint(respond);
  const config = parseModelConfig({
    MODEL_PROVIDER: "openai-compatible",
    OPENAI_COMPATIBLE_BASE_URL: endpoint.baseUrl,
    MODELS: JSON.stringify([{ id: "openai-compatible/local", accepts }]),
  });
  return createLanguageModels(
    { ...config, provider: "openai-compatible" },
    { credentials: () => Promise.reject(new Error()), maxRetries: 0, ...realClocks },
  );
}

/** An answer that has come to its end: after one whose end is not said, the rest of it is awaited for a second. */
function answer(response: Parameters<typeof stream>[0], content: string) {
  streamWhole(response, delta({ content }, "stop"));
}

type Fragment = { index?: number; id?: string; function?: { name?: string; arguments?: unknown } };

/** The calls of an answer whose deltas have these fragments, one delta for each. */
async function callsOf(fragments: readonly (Fragment | Fragment[])[], reason = "tool_calls") {
  const models = await serve((response) => {
    const deltas = fragments.map((each) => delta({ tool_calls: Array.isArray(each) ? each : [each] }));
    streamWhole(response, delta({ content: "Let me see." }), ...deltas, delta({}, reason));
  });
  const { parts, error } = await collectAnswer(models, { messages: conversation("Hi"), tools: TOOLS });
  expect(error).toBeUndefined();
  return parts.flatMap((part) => (part.type === "dynamic-tool" ? [[part.toolName, part.input]] : []));
}

const named = (name: string, input: unknown = "") => ({ function: { name, arguments: input } });
const rest = (input: string) => ({ function: { arguments: input } });
const TWO = [
  ["a", { n: 1 }],
  ["b", { n: 2 }],
];

describe("calls of tools in chat completions", () => {
  test.each<[string, (Fragment | Fragment[])[]]>([
    [
      "in pieces, numbered and named",
      [
        { index: 0, id: "x", ...named("a") },
        { index: 0, ...rest('{"n"') },
        { index: 0, ...rest(":1}") },
        { index: 1, id: "y", ...named("b") },
        { index: 1, ...rest('{"n":2}') },
      ],
    ],
    [
      "whose pieces alternate",
      [
        [
          { index: 0, id: "x", ...named("a", "{") },
          { index: 1, id: "y", ...named("b", "{") },
        ],
        { index: 1, ...rest('"n":2}') },
        { index: 0, ...rest('"n":1}') },
      ],
    ],
    ["whole, without numbers and ids", [named("a", '{"n":1}'), named("b", '{"n":2}')]],
    [
      "without numbers, in pieces with ids",
      [
        { id: "x", ...named("a", '{"n"') },
        { id: "x", ...rest(":1}") },
        { id: "y", ...named("b", '{"n"') },
        rest(":2}"),
      ],
    ],
    [
      "all with number 0, and different ids",
      [
        { index: 0, id: "x", ...named("a", '{"n":1}') },
        { index: 0, id: "y", ...named("b", '{"n":2}') },
      ],
    ],
    [
      "all with one id, and different numbers",
      [
        { index: 0, id: "call", ...named("a", '{"n":1}') },
        { index: 1, id: "call", ...named("b", '{"n":2}') },
      ],
    ],
    [
      "with numbers alone",
      [
        { index: 0, ...named("a", '{"n":1}') },
        { index: 1, ...named("b", '{"n":2}') },
      ],
    ],
    [
      "whose name is repeated with each piece",
      [
        { index: 0, id: "x", ...named("a", '{"n"') },
        { index: 0, id: "x", ...named("a", ":1}") },
        { index: 1, id: "y", ...named("b", '{"n":2}') },
      ],
    ],
    ["whose arguments are objects", [named("a", { n: 1 }), named("b", { n: 2 })]],
  ])("%s", async (_, fragments) => {
    expect(await callsOf(fragments)).toEqual(TWO);
  });

  test("whose finish reason is another one are calls all the same", async () => {
    expect(await callsOf([named("a", "{}")], "stop")).toEqual([["a", {}]]);
  });

  test.each(['{"n":', "[1]", "call me", '{"n":1}{"n":2}'])(
    "with arguments that are not one object (%s) never have one",
    async (malformed) => {
      const [[, input] = []] = await callsOf([named("a", malformed)]);
      expect(typeof input === "object" && !Array.isArray(input)).toBe(false);
    },
  );

  test("that were cut by the length of the answer are not taken for whole", async () => {
    expect(await callsOf([named("a", '{"n":1}'), named("b", "")], "length")).toEqual([
      ["a", { n: 1 }],
      ["b", ""],
    ]);
  });

  test("without end are bounded, in number and in length", async () => {
    const many = Array.from({ length: 300 }, (_, n) => ({ index: n, ...named("a", "{}") }));
    expect(await callsOf(many)).toHaveLength(100);
    const long = Array.from({ length: 100 }, () => ({ index: 0, ...rest("x".repeat(1_000)) }));
    const [[, input] = []] = await callsOf([{ index: 0, ...named("a", '{"n":"') }, ...long]);
    expect(String(input).length).toBeLessThan(1_000);
  });
});

const image = pngFile(4, 4);
const STEPS: readonly Part[] = [
  { type: "text", text: "Let me see." },
  {
    type: "dynamic-tool",
    toolCallId: "r-1",
    toolName: "files_read",
    input: { path: "a" },
    state: "output-available",
    attempt: 0,
    output: {
      content: [
        { type: "text", text: "A picture:" },
        {
          type: "file",
          mediaType: "image/png",
          filename: "a.png",
          size: image.length,
          url: `attachment:${sha256(image)}`,
        },
      ],
    },
  },
];
const REQUEST = {
  messages: conversation("Hi"),
  tools: TOOLS,
  steps: STEPS,
  attachment: (id: string) => Promise.resolve(id === sha256(image) ? image : null),
};

describe("a request with tools for chat completions", () => {
  test("sends calls with their results, and images of results after them", async () => {
    const models = await serve((response) => answer(response, "Yes."), ["image"]);
    await collectAnswer(models, REQUEST);
    const { body } = endpoint!.requests[0]!;
    const fields = {
      type: "function",
      function: { name: "files_read", description: "Reads a file.", parameters: { type: "object" } },
    };
    expect(body.tools).toMatchObject([fields]);
    expect(body.messages).toMatchObject([
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [{ id: "r-1", function: { name: "files_read", arguments: '{"path":"a"}' } }],
      },
      { role: "tool", tool_call_id: "r-1", content: expect.stringContaining("A picture:") as string },
      { role: "user", content: [{ type: "image_url" }, { type: "text" }] },
    ]);
  });

  test("names an image in words to a model that takes none", async () => {
    const models = await serve((response) => answer(response, "Yes."));
    await collectAnswer(models, REQUEST);
    const { messages } = endpoint!.requests[0]!.body as { messages: { role: string; content: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(messages.at(-1)!.content).toContain("a.png");
  });

  test.each([
    [400, "registry.ollama.ai/library/gemma2 does not support tools"],
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
    [500, "tools param requires --jinja flag"],
    [422, "Function calling is not supported by this model."],
  ])("is made again without tools, its calls as text, after %i: %s", async (status, message) => {
    const models = await serve((response, { body }) => {
      if ("tools" in body) refuse(response, status, message);
      else answer(response, "Without.");
    });
    const omissions: unknown[] = [];
    const { text } = await collectAnswer(models, {
      ...REQUEST,
      onOmissions: (reported) => omissions.push(...reported),
    });
    expect(text).toBe("Without.");
    const { messages } = endpoint!.requests.at(-1)!.body as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(JSON.stringify(messages)).toContain("A picture:");
    expect(omissions).toContainEqual({ code: "tools_refused" });
  });
});
