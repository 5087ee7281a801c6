import { describe, expect, test } from "vitest";
import { collectAnswer, conversation } from "../../../tests/fixtures/models/collect-answer";
import { realClocks } from "~/clocks";
import { createLanguageModels, type LanguageModelDependencies } from "~/model/create-language-models";
import type { Timer } from "~/timer";
import { answerAsDemo } from "./demo-answer";
import { tokensOf } from "./demo-model";
import { parseModelConfig } from "~/model/offers/model-config";

/** A timer without waits. */
const atOnce: Timer = (_, run) => {
  queueMicrotask(run);
  return () => undefined;
};

function demo(env: Record<string, string> = {}, pace: Partial<LanguageModelDependencies> = {}) {
  const config = parseModelConfig({ MODEL_PROVIDER: "demo", DEMO_TOKENS_PER_SECOND: "100000", ...env });
  return createLanguageModels(
    { ...config, provider: "demo" },
    {
      credentials: () => Promise.reject(new Error("The demo needs no credentials.")),
      now: () => 0,
      timer: atOnce,
      ...pace,
    },
  );
}

/** The answers of the demo to these messages in turn. */
function chat(...said: string[]): string[] {
  const texts: string[] = [];
  for (const text of said) {
    texts.push(text);
    texts.push(answerAsDemo(conversation(...texts)).text);
  }
  return texts.filter((_, index) => index % 2 === 1);
}

describe("the first answer of the demo model", () => {
  test("says plainly that it is a demo, and how to connect a real model", () => {
    const [first] = chat("Hello!");
    expect(first).toContain("This is Holdfast’s demo model");
    expect(first).toContain("MODEL_PROVIDER=bedrock");
    expect(first).toContain("OPENAI_COMPATIBLE_BASE_URL=http://localhost:11434/v1");
    expect(first).toContain("MODELS=");
    expect(first).toContain("> Hello!");
  });

  test("says so too when a skill answers", () => {
    expect(chat("Show me a table")[0]).toMatch(/demo model[^]*\| --- \|/);
  });

  test("is the only one that says so", () => {
    expect(chat("Hello!", "And now?")[1]).not.toContain("demo model");
  });
});

describe("the demo model's memory", () => {
  test("has the name that a person gave", () => {
    const [, , third] = chat("My name is Ada", "Nice weather", "What is my name?");
    expect(third).toContain("Your name is **Ada**");
    expect(chat("Hi", "Who am I?")[1]).toContain("You have not told me yet");
  });

  test("repeats the first message, the one before, and all messages", () => {
    const said = ["I like tea.", "And the sea.", "What did I say first?", "What did I just say?"];
    const answers = chat(...said, "What did I say?");
    expect(answers[2]).toContain("> I like tea.");
    expect(answers[3]).toContain("> What did I say first?");
    expect(answers[4]).toMatch(/1\. I like tea\.\n2\. And the sea\./);
  });

  test("counts the messages, and quotes the question", () => {
    const [, second, third] = chat("Good morning", "Blue or green?", "Red, <b>then</b>");
    expect(second).toContain("message **2**");
    expect(second).toContain("> Blue or green?");
    expect(third).toContain("message **3**");
    expect(third).toContain("> Red, \\<b\\>then\\</b\\>");
    expect(third).toContain("Good morning");
  });
});

test.each([
  ["a list, please", /^- .*\n {2}- /m],
  ["show me a table", /^\| --- \|/m],
  ["some code", /^```ts\n[^]*\n```$/m],
  ["how do I connect a real model", /```sh/],
])("the demo answers %s with matching Markdown", (question, markdown) => {
  expect(chat("Hi", question)[1]).toMatch(markdown);
});

test("a long answer of the demo has several hundred words", () => {
  expect(chat("Hi", "Tell me a long story")[1]!.split(/\s+/).length).toBeGreaterThan(500);
});

test("the demo's answer is the same for the same conversation, and differs for others", () => {
  expect(chat("Hi", "a", "b")).toEqual(chat("Hi", "a", "b"));
  const openings = new Set(["a", "b", "c", "d", "e", "f"].map((said) => chat("Hi", said)[1]!.split("\n")[0]));
  expect(openings.size).toBeGreaterThan(1);
});

describe("the demo model's stream", () => {
  test("is the whole answer, word by word, with its usage", async () => {
    const messages = conversation("Hello!");
    const { text, chunks, finish } = await collectAnswer(demo(), { messages });
    expect(text).toBe(answerAsDemo(messages).text);
    const deltas = chunks.filter(({ type }) => type === "text-delta").length;
    expect(deltas).toBe(tokensOf(text).length);
    expect(finish).toEqual({
      type: "finish",
      finishReason: "stop",
      messageMetadata: { usage: { inputTokens: 1, outputTokens: deltas } },
    });
  });

  test("begins with reasoning when the question asks for it", async () => {
    const { parts } = await collectAnswer(demo(), { messages: conversation("Please think about it") });
    expect(parts.map(({ type }) => type)).toEqual(["reasoning", "text"]);
  });

  test("stops at the token limit with the finish reason length", async () => {
    const { chunks, finish } = await collectAnswer(demo({ MAX_OUTPUT_TOKENS: "5" }), {
      messages: conversation("Hello!"),
    });
    expect(chunks.filter(({ type }) => type === "text-delta")).toHaveLength(5);
    expect(finish?.finishReason).toBe("length");
  });

  test("keeps its pace without drift when every wait is late", async () => {
    let time = 0;
    const waits: number[] = [];
    await collectAnswer(
      demo(
        { DEMO_TOKENS_PER_SECOND: "10", MAX_OUTPUT_TOKENS: "4" },
        {
          now: () => time,
          timer(ms, run) {
            waits.push(ms);
            time += ms + 30;
            return atOnce(ms, run);
          },
        },
      ),
      { messages: conversation("Hello!") },
    );
    expect(waits).toEqual([100, 70, 70]);
  });

  test("ends at once with the signal's reason when it is stopped during a wait", async () => {
    const stop = new AbortController();
    const models = createLanguageModels(
      { ...parseModelConfig({ MODEL_PROVIDER: "demo", DEMO_TOKENS_PER_SECOND: "1" }), provider: "demo" },
      // A timer that never fires: only the signal ends the wait.
      { credentials: () => Promise.reject(new Error()), now: realClocks.now, timer: () => () => undefined },
    );
    const { text, error } = await collectAnswer(
      models,
      { messages: conversation("Hello!"), signal: stop.signal },
      ({ type }) => {
        if (type === "text-delta") stop.abort(new Error("stopped"));
      },
    );
    expect(error).toBe(stop.signal.reason);
    expect(text).toBe("**Hello! ");
  });
});

describe("the demo model's continuation", () => {
  test("continues a cut answer without a seam, wherever the cut was", async () => {
    const messages = conversation("Hi 😀👩‍🚀", "Hello", "é 😀 𝒳");
    const whole = answerAsDemo(messages).text;
    expect(whole).toContain("😀");
    for (let cut = 0; cut <= whole.length; cut++) {
      const continueFrom = whole.slice(0, cut);
      const { text, finish } = await collectAnswer(demo(), { messages, continueFrom });
      expect(continueFrom + text).toBe(whole);
      expect(finish?.finishReason).toBe("stop");
    }
  });

  test("does not repeat reasoning", async () => {
    const messages = conversation("Please think about it");
    const continueFrom = answerAsDemo(messages).text.slice(0, 20);
    const { parts } = await collectAnswer(demo(), { messages, continueFrom });
    expect(parts.map(({ type }) => type)).toEqual(["text"]);
  });
});

test("people see a notice that they talk to a demo, with the demo model only", () => {
  expect(demo().notice?.message).toContain("demo model");
  expect(demo({ MODELS: "demo/demo,bedrock/x" }).notice).toBeNull();
});
