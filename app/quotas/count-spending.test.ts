import { expect, test } from "vitest";
import { createScriptedModel, modelDenied } from "../../tests/fixtures/reply-node";
import type { GenerateRequest } from "~/conversation/language-model";
import type { Message } from "~/conversation/session";
import { countSpending } from "./count-spending";

function setUp() {
  const script = createScriptedModel();
  const offers = script.offers.map((offer) => ({
    ...offer,
    inputPricePerMillion: 1,
    outputPricePerMillion: 4,
  }));
  const sum = { tokens: 0, dollars: 0 };
  let told = 0;
  const models = countSpending({ ...script, offers }, ({ tokens, dollars }) => {
    sum.tokens += tokens;
    sum.dollars += dollars;
  });
  const abort = new AbortController();
  const request: GenerateRequest = {
    modelId: "test/one",
    instructions: "",
    messages: [
      {
        id: "m1",
        parentId: null,
        role: "user",
        // 1,000 tokens by estimate, with what each message takes.
        parts: [{ type: "text", text: "x".repeat(2_976) }],
        metadata: { createdAt: "2026-11-23T12:00:00.000Z" },
      },
    ],
    continueFrom: null,
    attachment: () => Promise.resolve(null),
    signal: abort.signal,
    spent: ({ tokens }) => (told += tokens),
  };
  return {
    script,
    sum,
    told: () => told,
    abort,
    ask: (more: Partial<GenerateRequest> = {}) =>
      models.generate({ ...request, ...more })[Symbol.asyncIterator](),
  };
}

test("what was asked counts from the start by estimate, and at the end as the model says", async () => {
  const { script, sum, told, ask } = setUp();
  const answer = ask();
  await answer.next();
  expect(sum.tokens).toBe(1_000);
  script.say(
    { type: "text-end", id: "t" },
    { type: "finish", messageMetadata: { usage: { inputTokens: 800, outputTokens: 50 } } },
  );
  while (!(await answer.next()).done);
  expect(sum.tokens).toBe(850);
  expect(sum.dollars).toBeCloseTo((800 + 50 * 4) / 1e6, 12);
  // Whoever asked for it knows the same.
  expect(told()).toBe(850);
});

test("an answer that is being written counts while it grows, and one that is stopped with what it had", async () => {
  const { script, sum, ask } = setUp();
  const answer = ask();
  await answer.next();
  for (let n = 0; n < 3; n++) {
    script.text("y".repeat(900));
    await answer.next();
  }
  expect(sum.tokens).toBe(1_900);
  script.text("z".repeat(30));
  await answer.next();
  await answer.return?.();
  expect(sum.tokens).toBe(1_910);
});

test("a call that is cut by its signal keeps what it has cost", async () => {
  const { sum, abort, ask } = setUp();
  const answer = ask();
  await answer.next();
  abort.abort(new Error("stopped"));
  await expect(answer.next()).rejects.toThrow("stopped");
  expect(sum.tokens).toBe(1_000);
});

test("a document whose tokens nobody has told is charged with what it may have been", async () => {
  const { sum, script, ask } = setUp();
  const pdf = { type: "file", mediaType: "application/pdf", filename: "a.pdf", size: 20_000 } as const;
  const note = { ...pdf, mediaType: "text/plain", size: 300 } as const;
  const url = `attachment:${"0".repeat(64)}`;
  const message = {
    id: "m1",
    parentId: null,
    role: "user",
    parts: [
      { ...pdf, url },
      { ...note, url },
    ],
    metadata: { createdAt: "2026-11-23T12:00:00.000Z" },
  } as const;
  const stopped = ask({ messages: [message as unknown as Message] });
  await stopped.next();
  expect(sum.tokens).toBe(8 + 1_000 + 100);
  await stopped.return?.();
  expect(sum.tokens).toBe(8 + 3_000 + 100);

  const whole = ask({ messages: [message as unknown as Message] });
  await whole.next();
  script.say({ type: "finish", messageMetadata: { usage: { inputTokens: 700, outputTokens: 0 } } });
  while (!(await whole.next()).done);
  expect(sum.tokens).toBe(8 + 3_000 + 100 + 700);
});

test("a call that was refused costs nothing", async () => {
  const { sum } = setUp();
  const script = createScriptedModel();
  const models = countSpending(
    {
      ...script,
      async *generate() {
        await Promise.resolve();
        throw modelDenied;
      },
    },
    ({ tokens }) => (sum.tokens += tokens),
  );
  const answer = models.generate({
    modelId: "test/one",
    instructions: "Be brief.",
    messages: [],
    continueFrom: null,
    attachment: () => Promise.resolve(null),
    signal: new AbortController().signal,
  });
  await expect(answer[Symbol.asyncIterator]().next()).rejects.toBe(modelDenied);
  expect(sum.tokens).toBe(0);
});
