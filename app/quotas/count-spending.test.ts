import { expect, test } from "vitest";
import { createScriptedModel, modelDenied } from "../../tests/fixtures/replies/reply-node";
import { ExpectedError } from "~/conversation/expected-error";
import type { GenerateRequest } from "~/conversation/language-model";
import type { Message } from "~/conversation/session/session";
import { countSpending } from "./count-spending";
import { realTimer as timer } from "~/clocks";

function setUp() {
  const script = createScriptedModel();
  const offers = script.offers.map((offer) => ({
    ...offer,
    inputPricePerMillion: 1,
    outputPricePerMillion: 4,
  }));
  const sum = { tokens: 0, dollars: 0 };
  let reported = 0;
  let at = 0;
  const ticks = new Set<{ at: number; run: () => void }>();
  const spend = ({ tokens, dollars }: { tokens: number; dollars: number }) => {
    sum.tokens += tokens;
    sum.dollars += dollars;
  };
  let generate = script.generate;
  const models = countSpending({ ...script, offers, generate: (call) => generate(call) }, spend, {
    now: () => at,
    timer(ms, run) {
      const tick = { at: at + ms, run };
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
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
    onSpending: ({ tokens }) => (reported += tokens),
  };
  return {
    script,
    sum,
    reported: () => reported,
    abort,
    ticks,
    /** Lets so many seconds pass in which the model says nothing. */
    pass(seconds: number) {
      for (const end = at + seconds * 1000; at < end;) {
        at += 100;
        for (const tick of [...ticks]) if (tick.at <= at && ticks.delete(tick)) tick.run();
      }
    },
    ask(more: Partial<GenerateRequest> = {}, other = script.generate) {
      generate = other;
      return models.generate({ ...request, ...more })[Symbol.asyncIterator]();
    },
  };
}

test("the prompt counts from the start by estimate, and at the end by the provider's usage", async () => {
  const { script, sum, reported, ask } = setUp();
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
  // `onSpending` of the request receives the same amounts.
  expect(reported()).toBe(850);
});

test("an answer counts while it grows, and a stopped one keeps its estimate", async () => {
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

test("a call that is cut by its signal keeps its estimate", async () => {
  const { sum, abort, ask } = setUp();
  const answer = ask();
  await answer.next();
  abort.abort(new Error("stopped"));
  await expect(answer.next()).rejects.toThrow("stopped");
  expect(sum.tokens).toBe(1_000);
});

test("a document without reported tokens counts with its highest estimate", async () => {
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

test("a call that was refused counts nothing", async () => {
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
    { now: () => performance.now(), timer },
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

test("an answer that is stopped while the model reasons silently counts the silence", async () => {
  const { sum, reported, abort, ask, pass, ticks } = setUp();
  const answer = ask({ modelId: "test/one" });
  await answer.next();
  pass(0.3);
  expect(sum.tokens).toBe(1_000);
  const next = answer.next();
  pass(0.5);
  abort.abort(new Error("stopped"));
  await expect(next).rejects.toThrow("stopped");
  expect(sum.tokens).toBe(1_000 + 80);
  expect(reported()).toBe(1_080);
  expect(ticks.size).toBe(0);
});

test("silence counts while it lasts, so that it is recorded if the node is killed", async () => {
  const { sum, ask, pass } = setUp();
  const answer = ask();
  await answer.next();
  pass(1);
  expect(sum.tokens).toBe(1_000 + 100);
  // As much as the longest answer is all that it can be.
  pass(60);
  expect(sum.tokens).toBe(1_000 + 100);
  await answer.return?.();
});

test("silence counts nothing where the provider reports its tokens at the end", async () => {
  const { script, sum, ask, pass } = setUp();
  const answer = ask();
  await answer.next();
  pass(20);
  script.say({ type: "finish", messageMetadata: { usage: { inputTokens: 800, outputTokens: 50 } } });
  while (!(await answer.next()).done);
  expect(sum.tokens).toBe(850);
});

test("silences between words count in addition to the words, the short ones of a writing model do not", async () => {
  const { script, sum, ask, pass } = setUp();
  const answer = ask();
  await answer.next();
  for (let n = 0; n < 3; n++) {
    pass(0.2);
    script.text("y".repeat(30));
    await answer.next();
  }
  pass(0.6);
  script.text("z");
  await answer.next();
  await answer.return?.();
  expect(sum.tokens).toBe(1_000 + 30 + 60 + 1);
});

test.each([
  ["went silent until it was given up", "model_stalled", 1_050],
  ["broke off", "model_interrupted", 1_050],
  ["was refused at last", "model_throttled", 0],
] as const)("a call that %s before its first word", async (_, code, tokens) => {
  const { sum, ask, pass } = setUp();
  const failing = Promise.withResolvers<never>();
  const next = ask({}, async function* () {
    yield await failing.promise;
  }).next();
  pass(0.5);
  failing.reject(new ExpectedError(code, "It failed."));
  await expect(next).rejects.toMatchObject({ code });
  expect(sum.tokens).toBe(tokens);
});

test("a call that was aborted before it began counts nothing", async () => {
  const { abort, ask, sum } = setUp();
  abort.abort(new Error("stopped"));
  await expect(ask().next()).rejects.toThrow("stopped");
  expect(sum.tokens).toBe(0);
});
