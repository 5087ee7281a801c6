import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GenerateRequest } from "~/conversation/language-model";
import type { ToolDefinition } from "~/conversation/calls/tool-set";
import { catchUp } from "~/conversation/reply/catch-up";
import { messageChunks } from "~/conversation/reply/message-chunks";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply/reply-text";
import type { Part } from "~/conversation/session/session";
import { realClocks } from "~/clocks";
import { type BedrockEndpoint, startBedrockEndpoint } from "../../tests/fixtures/models/bedrock-endpoint";
import { collectAnswer, conversation } from "../../tests/fixtures/models/collect-answer";
import { pngFile, sha256 } from "../../tests/fixtures/sample-files";
import { createLanguageModels } from "./create-language-models";
import { parseModelConfig } from "./offers/model-config";

const CLAUDE = "bedrock/eu.anthropic.claude-sonnet-5-5";
const TOOLS: readonly ToolDefinition[] = [
  { name: "files_read", description: "Reads a file.", inputSchema: { type: "object", properties: {} } },
  { name: "files_write", description: "Writes a file.", inputSchema: { type: "object" } },
];

let refused: ((body: string) => boolean) | null = null;
let endpoint: BedrockEndpoint;
beforeEach(async () => {
  refused = null;
  endpoint = await startBedrockEndpoint({
    refusal: (_, body) =>
      refused?.(body.toString())
        ? [400, "ValidationException", "This model doesn't support tool use in streaming mode."]
        : null,
  });
});
afterEach(() => endpoint.close());

function bedrock() {
  const config = parseModelConfig({
    MODEL_PROVIDER: "bedrock",
    AWS_REGION: "eu-central-1",
    BEDROCK_BASE_URL: endpoint.url,
    MODELS: CLAUDE,
  });
  return createLanguageModels(
    { ...config, provider: "bedrock" },
    {
      credentials: () => Promise.resolve({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s" }),
      maxRetries: 0,
      ...realClocks,
    },
  );
}

type Frame = readonly [string, object];

/** The frames of one call, with its arguments in pieces. */
function toolUse(index: number, name: string, ...pieces: string[]): Frame[] {
  const start = { toolUse: { toolUseId: `tooluse_${String(index)}`, name } };
  return [
    ["contentBlockStart", { contentBlockIndex: index, start }],
    ...pieces.map((input): Frame => [
      "contentBlockDelta",
      { contentBlockIndex: index, delta: { toolUse: { input } } },
    ]),
    ["contentBlockStop", { contentBlockIndex: index }],
  ];
}

const text = (index: number, words: string): Frame[] => [
  ["contentBlockDelta", { contentBlockIndex: index, delta: { text: words } }],
  ["contentBlockStop", { contentBlockIndex: index }],
];

async function answerOf(frames: readonly Frame[], stopReason = "tool_use") {
  endpoint.script({ name: "ok", frames, stopReason });
  return collectAnswer(bedrock(), { messages: conversation("Hi"), tools: TOOLS });
}

const calls = (parts: readonly Part[]) =>
  parts.flatMap((part) => (part.type === "dynamic-tool" ? [[part.toolName, part.input]] : []));

describe("calls of tools from Bedrock", () => {
  test("arrive in pieces, several in one answer, after its words", async () => {
    const { parts, finish, error } = await answerOf([
      ...text(0, "Let me see."),
      ...toolUse(1, "files_read", "", '{"pa', 'th":"a', '"}'),
      ...toolUse(2, "files_write", '{"path":"b","text":"\\u00e9"}'),
    ]);
    expect(error).toBeUndefined();
    expect(parts[0]).toMatchObject({ type: "text", text: "Let me see." });
    expect(calls(parts)).toEqual([
      ["files_read", { path: "a" }],
      ["files_write", { path: "b", text: "é" }],
    ]);
    expect(finish?.finishReason).toBe("tool-calls");
  });

  test("without arguments have an empty object", async () => {
    expect(calls((await answerOf(toolUse(0, "files_read"))).parts)).toEqual([["files_read", {}]]);
  });

  test.each([['{"path":'], ['["a"]'], ["null"], ['"text"']])(
    "with arguments that are no object (%s) never have one",
    async (malformed) => {
      const [[, input] = []] = calls((await answerOf(toolUse(0, "files_write", malformed))).parts);
      expect(typeof input === "object" && input !== null && !Array.isArray(input)).toBe(false);
    },
  );

  test("that were cut by the length of the answer are not taken for whole, the others are", async () => {
    const { parts } = await answerOf(
      [...toolUse(0, "files_read", '{"path":"a"}'), ...toolUse(1, "files_write")],
      "max_tokens",
    );
    expect(calls(parts)).toEqual([
      ["files_read", { path: "a" }],
      ["files_write", "{}"],
    ]);
  });

  test("are dropped where a filter has ended the answer, or the connection was cut", async () => {
    const frames = toolUse(0, "files_write", '{"path":"a"}');
    expect(calls((await answerOf(frames, "guardrail_intervened")).parts)).toEqual([]);
    endpoint.script({ name: "noStop", frames });
    const cut = await collectAnswer(bedrock(), { messages: conversation("Hi"), tools: TOOLS });
    expect([calls(cut.parts), cut.finish]).toEqual([[], undefined]);
    expect(cut.error).toBeDefined();
  });
});

const reasoning = (index: number, ...deltas: object[]): Frame[] => [
  ...deltas.map((reasoningContent): Frame => [
    "contentBlockDelta",
    { contentBlockIndex: index, delta: { reasoningContent } },
  ]),
  ["contentBlockStop", { contentBlockIndex: index }],
];

describe("what Bedrock has signed or encrypted of its reasoning", () => {
  const frames = [
    ...reasoning(0, { text: "Hm" }, { text: "." }, { signature: "c2lnbmVk" }),
    ...reasoning(1, { redactedContent: "cmVk" }, { redactedContent: "YWN0ZWQ=" }),
    // Models that do not show their reasoning sign it all the same.
    ...reasoning(2, { signature: "aGlkZGVu" }),
    ...text(3, "Let me see."),
    ...toolUse(4, "files_read", '{"path":"a"}'),
  ];

  test("is sent back with the calls of the same answer, unchanged and in its order", async () => {
    const { parts } = await answerOf(frames);
    const answered = parts.map((part) =>
      part.type === "dynamic-tool"
        ? { ...part, state: "output-available" as const, output: { content: [] } }
        : part,
    );
    await ask({ steps: answered });
    const { body } = await endpoint.request(1);
    expect(body.messages.at(-2)!.content.slice(0, 3)).toEqual([
      { reasoningContent: { reasoningText: { text: "Hm.", signature: "c2lnbmVk" } } },
      { reasoningContent: { redactedContent: "cmVkYWN0ZWQ=" } },
      { reasoningContent: { reasoningText: { text: "", signature: "aGlkZGVu" } } },
    ]);
  });

  test("is the same after it was stored, and replayed to a node that takes over", async () => {
    const { parts } = await answerOf(frames);
    const sealed = (all: readonly Part[]) => all.filter((part) => part.type === "reasoning");
    expect(sealed(parts)).toHaveLength(3);
    const replayed = messageChunks("m", parts).reduce(applyChunk, EMPTY_REPLY);
    expect(sealed(settledParts(replayed))).toEqual(sealed(parts));
    expect(catchUp(parts, replayed)).toEqual([]);
  });
});

const image = pngFile(4, 4);
const call = (id: string, change: object): Part =>
  ({
    type: "dynamic-tool",
    toolCallId: id,
    toolName: "files_read",
    input: { path: id },
    attempt: 0,
    ...change,
  }) as Part;

const STEPS: readonly Part[] = [
  { type: "reasoning", text: "Hm.", signature: "c2lnbmF0dXJl" },
  { type: "text", text: "Let me see." },
  call("r-1", {
    state: "output-available",
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
  }),
  call("r-2", { state: "output-error", errorText: "No such file." }),
  call("r-3", { state: "outcome-unknown", input: "not an object" }),
];

const ask = (change: Partial<GenerateRequest> = {}) =>
  collectAnswer(bedrock(), {
    messages: conversation("One", "1", "Two", "2", "Three"),
    instructions: "Be brief.",
    tools: TOOLS,
    steps: STEPS,
    attachment: (id) => Promise.resolve(id === sha256(image) ? image : null),
    ...change,
  });

describe("a request with tools to Bedrock", () => {
  test("names the tools, sends the calls with the signed reasoning, and their results with images", async () => {
    await ask();
    const { body } = await endpoint.request(0);
    expect(body.toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? [])).toEqual([
      "files_read",
      "files_write",
    ]);
    const [said, results] = body.messages.slice(-2);
    expect(said!.content).toEqual([
      { reasoningContent: { reasoningText: { text: "Hm.", signature: "c2lnbmF0dXJl" } } },
      { text: "Let me see." },
      { toolUse: { toolUseId: "r-1", name: "files_read", input: { path: "r-1" } } },
      { toolUse: { toolUseId: "r-2", name: "files_read", input: { path: "r-2" } } },
      { toolUse: { toolUseId: "r-3", name: "files_read", input: { malformed: "not an object" } } },
    ]);
    expect(results!.content.flatMap(({ toolResult }) => toolResult ?? [])).toMatchObject([
      {
        toolUseId: "r-1",
        content: [
          { text: expect.stringContaining("A picture:") as string },
          { image: { format: "png", source: { bytes: image.toString("base64") } } },
        ],
      },
      { toolUseId: "r-2", content: [{ text: "No such file." }] },
      { toolUseId: "r-3", content: [{ text: expect.stringContaining("not known") as string }] },
    ]);
  });

  test("has at most four cache checkpoints, the last one after the results", async () => {
    await ask();
    const { body } = await endpoint.request(0);
    expect(JSON.stringify(body).match(/cachePoint/g)).toHaveLength(4);
    expect(body.messages.at(-1)!.content.at(-1)).toHaveProperty("cachePoint");
  });

  test("is made again without tools where the model takes none, its calls as text, and says so", async () => {
    refused = (body) => body.includes("toolConfig");
    const omissions: unknown[] = [];
    const { text: said } = await ask({ onOmissions: (reported) => omissions.push(...reported) });
    expect(said).not.toBe("");
    const { body } = await endpoint.request(1);
    expect(JSON.stringify(body)).not.toMatch(/toolUse|toolResult/);
    expect(JSON.stringify(body)).toContain("No such file.");
    expect(omissions).toContainEqual({ code: "tools_refused" });
  });
});
