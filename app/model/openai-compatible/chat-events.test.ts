import { expect, test } from "vitest";
import { createChatEvents } from "./chat-events";

const MAX_LENGTH = 10_000;

test.each([
  ["a line", "", "x"],
  ["an event of many lines", "", "data: x\n"],
  ["an event of empty lines of data", "", "data:\n"],
  ["a JSON value on many lines", "{\n", '"a": 1,\n'],
])("the reader refuses %s without an end, instead of keeping it all", (_, begin, repeated) => {
  const events = createChatEvents(MAX_LENGTH);
  events.feed(begin);
  const feedForLong = () => {
    for (let fed = 0; fed <= MAX_LENGTH; fed++) events.feed(repeated);
  };
  expect(feedForLong).toThrow("without an end");
});

test("events are read however long they are together, also without empty lines between them", () => {
  const events = createChatEvents(MAX_LENGTH);
  const content = "x".repeat(MAX_LENGTH / 2);
  const line = `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n`;
  const count = (lines: string) => Array.from({ length: 10 }, () => events.feed(lines).length).join("");
  expect(count(`${line}\n`)).toBe("1111111111");
  expect(count(line)).toBe("0111111111");
});
