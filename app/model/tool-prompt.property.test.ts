import fc from "fast-check";
import { expect, test } from "vitest";
import { toolParts } from "~/conversation/calls/fold-calls";
import { toolState } from "~/conversation/calls/tool-part";
import { estimateMessageTokens } from "~/conversation/estimate-tokens";
import type { Message, Part } from "~/conversation/session/session";
import { fitContext } from "./prompt/fit-context";
import { fitSteps } from "./prompt/fit-steps";
import type { PromptMessage } from "./prompt/prompt";
import { toModelMessages } from "./prompt/to-model-messages";

const createdAt = "2026-11-23T12:00:00.000Z";
const words = fc.constantFrom("", " ", "Hm.", "Let me see.", "x".repeat(3_000));

/** A call in any state, with or without what belongs to the state. */
const call = fc
  .record({
    state: fc.constantFrom(...toolState.options),
    input: fc.constantFrom<unknown>({}, { path: "a" }, "{", null, [1]),
    text: fc.option(words, { nil: undefined }),
  })
  .map(
    ({ state, input, text }) =>
      ({
        type: "dynamic-tool",
        toolName: "files_read",
        state,
        attempt: 0,
        input,
        ...(text !== undefined && { output: { content: [{ type: "text", text }] }, errorText: text }),
      }) as Part,
  );
const part = fc.oneof(
  words.map((text) => ({ type: "text", text }) as Part),
  words.map((text) => ({ type: "reasoning", text, signature: "c2ln" }) as Part),
  fc.constant({ type: "step-start" } as Part),
  fc.constant({ type: "source-url", sourceId: "s", url: "https://example.org/" } as Part),
  call,
  call,
);
const parts = fc.array(part, { maxLength: 12 });

/** Gives the calls ids that are unique in the conversation, as the runner does. */
function withIds(list: readonly Part[], prefix: string): Part[] {
  return list.map((each, index) =>
    each.type === "dynamic-tool" ? { ...each, toolCallId: `${prefix}-${String(index)}` } : each,
  );
}

function conversation(answers: readonly (readonly Part[])[]): Message[] {
  const messages: Message[] = [];
  for (const [index, answer] of [...answers, null].entries()) {
    const parentId = messages.at(-1)?.id ?? null;
    const id = `q${String(index)}`;
    const question: Part[] = [{ type: "text", text: "What?" }];
    messages.push({ id, parentId, role: "user", parts: question, metadata: { createdAt } } as Message);
    if (!answer) continue;
    const metadata = { status: "complete", modelId: "m", node: "n", createdAt, finishedAt: createdAt };
    const own = { id: `a${String(index)}`, parentId: id, role: "assistant", metadata };
    messages.push({ ...own, parts: withIds(answer, own.id) } as Message);
  }
  return messages;
}

/** Why a provider would refuse the prompt; null where none would. */
function problemOf(prompt: readonly PromptMessage[], hasTools: boolean): string | null {
  if (prompt[0]?.role !== "user") return "it does not begin with a question";
  for (const [index, message] of prompt.entries()) {
    if (typeof message.content === "string") {
      if (message.content.trim() === "") return "an empty message";
      continue;
    }
    const called = message.content.flatMap((each) => (each.type === "tool-call" ? [each] : []));
    if (called.length > 0 && !hasTools) return "a call without tools";
    if (called.some(({ input }) => typeof input !== "object" || input === null || Array.isArray(input))) {
      return "arguments that are no object";
    }
    const next = prompt[index + 1];
    const results = next?.role === "tool" ? next.content : [];
    const ids = (list: readonly { toolCallId: string }[]) => list.map(({ toolCallId }) => toolCallId).join();
    if (ids(called) !== ids(results)) return "a call without its result, or a result without its call";
    if (results.some(({ output }) => "value" in output && String(output.value).trim() === "")) {
      return "an empty result";
    }
    if (message.role === "tool" && prompt[index - 1]?.role !== "assistant") return "results of no calls";
  }
  return null;
}

test("no prompt has a call without its result, or a result without its call, whatever the conversation", () => {
  const scenario = fc.record({
    answers: fc.array(parts, { maxLength: 5 }),
    steps: parts,
    continued: fc.constantFrom(null, "It is"),
    hasTools: fc.boolean(),
    contextTokens: fc.constantFrom(undefined, 300, 2_000, 6_000, 20_000),
    resultFiles: fc.constantFrom("inside" as const, "after" as const),
  });
  fc.assert(
    fc.property(scenario, ({ answers, steps: said, continued, hasTools, contextTokens, resultFiles }) => {
      const messages = conversation(answers);
      const offer = { maxOutputTokens: 100, ...(contextTokens !== undefined && { contextTokens }) };
      const request = {
        ...{ messages, instructions: "", continueFrom: continued, steps: withIds(said, "now") },
        tools: hasTools ? [{ name: "files_read", description: "Reads.", inputSchema: {} }] : [],
      };
      const steps = fitSteps(offer, request);
      const fitted = fitContext(offer, { ...request, steps });
      const prompt = toModelMessages(fitted.messages, () => "", {
        ...{ continuation: continued === null ? null : { text: continued, how: "ask" }, steps },
        ...{ hasTools, resultFiles },
      });
      expect(problemOf(prompt, hasTools)).toBeNull();
      expect(steps.map(({ type }) => type)).toEqual(request.steps.map(({ type }) => type));
    }),
    { numRuns: 1_000 },
  );
});

test("steps that are too long for the window lose their oldest results, and keep the last one's beginning", () => {
  const result = (index: number): Part => ({
    type: "dynamic-tool",
    toolCallId: `r-${String(index)}`,
    toolName: "files_read",
    state: "output-available",
    attempt: 0,
    input: {},
    output: { content: [{ type: "text", text: `${String(index)} ${"word ".repeat(6_000)}` }] },
  });
  const offer = { contextTokens: 12_000, maxOutputTokens: 1_000 };
  const steps = [0, 1, 2, 3].map(result);
  const request = { messages: conversation([]), instructions: "", continueFrom: null, steps };
  const fitted = fitSteps(offer, request);
  expect(estimateMessageTokens({ parts: fitted as Part[] })).toBeLessThan(10_400 * 0.7);
  const texts = toolParts(fitted).map(({ output }) => JSON.stringify(output?.content));
  expect(texts.slice(0, 3).every((text) => text.includes("left out here"))).toBe(true);
  expect(texts[3]!.slice(0, 50)).toContain("3 word word");
  expect(texts[3]!.slice(-60)).toContain("too long");
  expect(fitSteps({ ...offer, contextTokens: 200_000 }, request)).toBe(steps);
});
