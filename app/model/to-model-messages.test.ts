import { expect, test } from "vitest";
import type { Message } from "~/conversation/session";
import { conversation } from "../../tests/fixtures/collect-answer";
import { toModelMessages } from "./to-model-messages";

const noFiles = () => "";

test("a branch becomes turns of plain text", () => {
  expect(toModelMessages(conversation("One", "1", "Two"), null, noFiles)).toEqual([
    { role: "user", content: "One" },
    { role: "assistant", content: "1" },
    { role: "user", content: "Two" },
  ]);
});

test("reasoning is left out", () => {
  const [question, answer] = conversation("One", "1");
  const thoughtful = {
    ...answer,
    parts: [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "1" },
    ],
  } as Message;
  expect(toModelMessages([question!, thoughtful], null, noFiles)[1]).toEqual({
    role: "assistant",
    content: "1",
  });
});

test("thoughts in tags of an older answer are left out, and the tags with them", () => {
  for (const text of ["<think>Hm.</think>1", "Hm.\n</think>\n\n1", "<think>\n</think>1"]) {
    expect(toModelMessages(conversation("One", text), null, noFiles)[1]).toEqual({
      role: "assistant",
      content: "1",
    });
  }
});

test("a branch whose beginning is missing begins with the person all the same", () => {
  const [, answer, question] = conversation("One", "1", "Two");
  const turns = toModelMessages([answer!, question!], null, noFiles);
  expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("an answer that failed before its first word is dropped, and its neighbours become one turn", () => {
  expect(toModelMessages(conversation("One", "", "Two", " \n", "Three"), null, noFiles)).toEqual([
    { role: "user", content: "One\n\nTwo\n\nThree" },
  ]);
});

test("a blank message of the person's is still a message", () => {
  const messages = toModelMessages(conversation("  "), null, noFiles);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.content).toMatch(/\S/);
});

test("prefill ends with the beginning of the answer, without white space at its end", () => {
  expect(toModelMessages(conversation("One"), { text: "It is \n", how: "prefill" }, noFiles)).toEqual([
    { role: "user", content: "One" },
    { role: "assistant", content: "It is" },
  ]);
});

test("ask ends with the wish to go on", () => {
  const messages = toModelMessages(conversation("One"), { text: "It is", how: "ask" }, noFiles);
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(messages[2]?.content).toMatch(/Continue it from exactly where it stops/);
});

test.each(["", " \n"])("a beginning of %j is none", (text) => {
  expect(toModelMessages(conversation("One"), { text, how: "ask" }, noFiles)).toHaveLength(1);
});

test("the messages are not changed", () => {
  const messages = conversation("One", "", "Two");
  const before = structuredClone(messages);
  toModelMessages(messages, null, noFiles);
  expect(messages).toEqual(before);
});
