import { expect, test } from "vitest";
import { readModelList } from "./listed-models";

const ids = (...entries: (string | object)[]) =>
  readModelList({
    object: "list",
    data: entries.map((entry) => (typeof entry === "string" ? { id: entry, object: "model" } : entry)),
  });

test("models of Ollama have their names without the tag that all have, in an order of their own", () => {
  const listed = ids("qwen3:32b", "llama3.2:latest", "qwen3:8b", "gpt-oss:20b");
  expect(listed?.map(({ id, name }) => [id, name])).toEqual([
    ["gpt-oss:20b", "gpt-oss:20b"],
    ["llama3.2:latest", "llama3.2"],
    ["qwen3:8b", "qwen3:8b"],
    ["qwen3:32b", "qwen3:32b"],
  ]);
});

test("names have no folder, owner or ending, unless two models would have one name", () => {
  const listed = ids("/models/Qwen3-8B-Q4_K_M.gguf", "meta-llama/Llama-3.3-70B", "a/same", "b/same");
  expect(listed?.map(({ name }) => name)).toEqual(["a/same", "b/same", "Llama-3.3-70B", "Qwen3-8B-Q4_K_M"]);
});

test.each([
  ["nomic-embed-text:latest", "bge-m3:latest", "text-embedding-3-large", "qwen3-reranker"],
  ["whisper-1", "tts-1-hd", "gpt-4o-transcribe", "gpt-realtime", "dall-e-3", "gpt-image-1"],
  ["omni-moderation-latest", "llama-guard3:8b", "davinci-002", "sora-2"],
])("models for other tasks are left out by their names: %s, %s, %s, %s", (...others) => {
  expect(ids("chat-model", ...others)?.map(({ id }) => id)).toEqual(["chat-model"]);
});

test("models for other tasks are left out by what the list says, which counts more than the name", () => {
  const listed = ids(
    { id: "a", type: "embedding" },
    { id: "b", type: "chat" },
    { id: "c", architecture: { input_modalities: ["text"], output_modalities: ["image"] } },
    {
      id: "d-embed-chat",
      architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
    },
    { id: "e", capabilities: { completion_chat: false } },
    { id: "f", capabilities: { completion_chat: true, vision: true } },
    { id: "g", capabilities: ["embedding"] },
    { id: "h", capabilities: ["completion", "vision"] },
  );
  expect(listed?.map(({ id, accepts }) => [id, accepts])).toEqual([
    ["b", undefined],
    ["d-embed-chat", ["image"]],
    ["f", ["image"]],
    ["h", ["image"]],
  ]);
});

test.each([
  ["llava:7b", true],
  ["llama3.2-vision", true],
  ["qwen2.5vl:7b", true],
  ["Qwen/Qwen3-VL-8B", true],
  ["gemma3:4b", true],
  ["gemma3:1b", false],
  ["llama3.2", false],
])("%s takes images, to judge by its name: %s", (id, takes) => {
  expect(ids(id)?.[0]?.accepts).toEqual(takes ? ["image"] : undefined);
});

test("the context window and the effort of reasoning are read where they are known", () => {
  const listed = ids({ id: "gpt-oss-20b", max_model_len: 131_072 }, { id: "x", context_length: "many" });
  expect(listed).toEqual([
    { id: "gpt-oss-20b", name: "gpt-oss-20b", contextTokens: 131_072, efforts: ["low", "medium", "high"] },
    { id: "x", name: "x" },
  ]);
});

test("entries that are no models are left out, and a response that is no list is none", () => {
  expect(ids("a", { id: 7 }, {}, { id: "with space" }, "a")?.map(({ id }) => id)).toEqual(["a"]);
  for (const json of [null, 7, {}, { data: {} }, "x"]) expect(readModelList(json)).toBeNull();
});
