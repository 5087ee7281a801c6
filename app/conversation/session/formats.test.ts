import { expect, test } from "vitest";
import { FIRST_FORMAT, formatFor, NEWEST_FORMAT } from "./formats";
import type { AssistantMessage, Reply } from "./session";
import type { ToolPart } from "~/conversation/calls/tool-part";

const toolCall = (): ToolPart => ({
  type: "dynamic-tool",
  toolName: "a_b",
  toolCallId: "r-1",
  state: "output-available",
  attempt: 1,
  input: {},
  output: { content: [] },
});

function answer(change: Partial<AssistantMessage["metadata"]>): AssistantMessage {
  const at = "2026-01-02T03:04:05.000Z";
  const metadata = {
    status: "complete" as const,
    modelId: "m",
    node: "n",
    createdAt: at,
    finishedAt: at,
    ...change,
  };
  return { id: "a", parentId: "q", role: "assistant", parts: [], metadata };
}

const settings = { modelId: "m", instructions: "", temperature: 0.5 };

test.each<[string, number, Partial<AssistantMessage["metadata"]>]>([
  ["nothing that came later", FIRST_FORMAT, {}],
  ["a count of omitted messages, which the first format has", FIRST_FORMAT, { omittedMessages: 3 }],
  ["omissions", 3, { omissions: [{ code: "image_too_large", subject: "a.png" }] }],
  ["a failed answer", FIRST_FORMAT, { status: "failed", error: { code: "model_denied", message: "No." } }],
  ["a cause", 5, { status: "failed", error: { code: "model_denied", message: "No.", detail: "HTTP 403" } }],
  ["a time of reasoning", 5, { reasoningMs: 6_000 }],
])("a session with %s needs format %i", (_, format, change) => {
  expect(formatFor({ settings, messages: [answer({}), answer(change)], reply: null })).toBe(format);
  expect(format).toBeLessThanOrEqual(NEWEST_FORMAT);
});

test("a session with an effort needs format 5", () => {
  expect(formatFor({ settings: { ...settings, effort: "high" }, messages: [], reply: null })).toBe(5);
});

test("a session with a queue needs format 7", () => {
  const queue = { waiting: [], removed: ["m"] };
  expect(formatFor({ settings, messages: [], reply: null, queue })).toBe(7);
});

test("a session without messages needs the first format", () => {
  expect(formatFor({ settings, messages: [], reply: null })).toBe(FIRST_FORMAT);
});

test("a running reply whose words are in the logs of its runners needs format 4, and none once it has settled", () => {
  const reply = { id: "r", node: "n.b", epoch: 1 } as Reply;
  expect(formatFor({ settings, messages: [], reply })).toBe(FIRST_FORMAT);
  expect(formatFor({ settings, messages: [], reply: { ...reply, runners: [] } })).toBe(4);
});

test.each([
  ["with tools that runs", { partial: { parts: [], calls: [], since: 1 } }],
  ["with choices about tools", { settings: { ...settings, tools: { allowed: ["a_b"] } } }],
  ["with the call of a tool in an answer", { messages: [{ ...answer({}), parts: [toolCall()] }] }],
  [
    "with signed reasoning in an answer",
    { messages: [{ ...answer({}), parts: [{ type: "reasoning" as const, text: "Hm.", signature: "s" }] }] },
  ],
])("a session %s needs format 6", (_, addition) => {
  expect(formatFor({ settings, messages: [], reply: null, ...addition })).toBe(6);
});

test("a session needs format 8 for reasoning that only its provider can read, also while the reply runs", () => {
  const parts = [{ type: "reasoning" as const, text: "", redacted: "AAAA" }];
  expect(formatFor({ settings, messages: [{ ...answer({}), parts }], reply: null })).toBe(8);
  expect(formatFor({ settings, messages: [], reply: null, partial: { parts, calls: [], since: 1 } })).toBe(8);
});
