import { expect, test } from "vitest";
import { toWireMessages, toWireText } from "./wire-text";

test.each([
  ["a half of an emoji \ud83d", "a half of an emoji \ufffd"],
  ["\ude00 the other half", "\ufffd the other half"],
  ["a NUL \u0000 and an escape \u001b[31m", "a NUL \ufffd and an escape \ufffd[31m"],
  ["\u0080\u0085\u009f", "\ufffd\ufffd\ufffd"],
  ["tab\tand\r\nlines, 😀, é, 中, \u200d", "tab\tand\r\nlines, 😀, é, 中, \u200d"],
])("the text %j is sent as %j", (text, sent) => {
  expect(toWireText(text)).toBe(sent);
});

test("all texts and file names of messages are made well-formed, and bytes are unchanged", () => {
  const data = new Uint8Array([0, 1]);
  const file = { type: "file" as const, data, mediaType: "image/png" };
  expect(
    toWireMessages([
      {
        role: "user",
        content: [
          { ...file, filename: "\ud83d.png" },
          { type: "text", text: "\u0000" },
        ],
      },
      { role: "assistant", content: "\udc00" },
    ]),
  ).toEqual([
    {
      role: "user",
      content: [
        { ...file, filename: "\ufffd.png" },
        { type: "text", text: "\ufffd" },
      ],
    },
    { role: "assistant", content: "\ufffd" },
  ]);
});
