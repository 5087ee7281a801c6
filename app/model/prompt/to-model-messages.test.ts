import { expect, test } from "vitest";
import type { Message } from "~/conversation/session/session";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import { toModelMessages } from "./to-model-messages";

const noFiles = () => "";

test("a branch becomes turns of plain text", () => {
  expect(toModelMessages(conversation("One", "1", "Two"), noFiles, { continuation: null })).toEqual([
    { role: "user", content: "One" },
    { role: "assistant", content: "1" },
    { role: "user", content: "Two" },
  ]);
});

test("reasoning is left out of model messages", () => {
  const [question, answer] = conversation("One", "1");
  const thoughtful = {
    ...answer,
    parts: [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "1" },
    ],
  } as Message;
  expect(toModelMessages([question!, thoughtful], noFiles, { continuation: null })[1]).toEqual({
    role: "assistant",
    content: "1",
  });
});

test("reasoning in tags of an older answer is left out with its tags", () => {
  for (const text of ["<think>Hm.</think>1", "Hm.\n</think>\n\n1", "<think>\n</think>1"]) {
    expect(toModelMessages(conversation("One", text), noFiles, { continuation: null })[1]).toEqual({
      role: "assistant",
      content: "1",
    });
  }
});

test("a branch whose beginning is missing begins with a user message all the same", () => {
  const [, answer, question] = conversation("One", "1", "Two");
  const turns = toModelMessages([answer!, question!], noFiles, { continuation: null });
  expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("an answer that failed before its first word is dropped, and its neighbours are merged into one turn", () => {
  expect(
    toModelMessages(conversation("One", "", "Two", " \n", "Three"), noFiles, { continuation: null }),
  ).toEqual([{ role: "user", content: "One\n\nTwo\n\nThree" }]);
});

test("a blank user message is sent with a placeholder", () => {
  const messages = toModelMessages(conversation("  "), noFiles, { continuation: null });
  expect(messages).toHaveLength(1);
  expect(messages[0]?.content).toMatch(/\S/);
});

test("a continuation by prefill ends with the beginning of the answer, without trailing white space", () => {
  expect(
    toModelMessages(conversation("One"), noFiles, { continuation: { text: "It is \n", how: "prefill" } }),
  ).toEqual([
    { role: "user", content: "One" },
    { role: "assistant", content: "It is" },
  ]);
});

test("a continuation by ask ends with a request to go on", () => {
  const messages = toModelMessages(conversation("One"), noFiles, {
    continuation: { text: "It is", how: "ask" },
  });
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(messages[2]?.content).toMatch(/Continue it from exactly where it stops/);
});

test.each(["", " \n"])("a continuation of the blank text %j is a new answer", (text) => {
  expect(toModelMessages(conversation("One"), noFiles, { continuation: { text, how: "ask" } })).toHaveLength(
    1,
  );
});

test("the input messages are not mutated", () => {
  const messages = conversation("One", "", "Two");
  const before = structuredClone(messages);
  toModelMessages(messages, noFiles, { continuation: null });
  expect(messages).toEqual(before);
});
