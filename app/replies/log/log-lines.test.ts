import { describe, expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import {
  createWordsCodec,
  formatEnd,
  formatHead,
  formatReply,
  formatWords,
  LOG_FORMAT,
  parseLogLine,
  WHOLE,
  type LoggedReply,
} from "./log-lines";

const reply: LoggedReply = { sessionHash: KEY, replyId: "a-reply", epoch: 2 };
const chunks: ReplyChunk[] = [
  { type: "start", messageId: "a-message" },
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: "a secret thought\n" },
  { type: "reasoning-end", id: "r" },
  { type: "text-start", id: "t" },
  { type: "text-delta", id: "t", delta: 'secret "words" 😀' },
  { type: "text-end", id: "t" },
  { type: "finish", finishReason: "stop", messageMetadata: { usage: { outputTokens: 7 } } },
];
const codec = (isOn: boolean, of = reply) => createWordsCodec(createTestEncryptor(isOn), of);

/** A line without its line feed, as readers are given it. */
const lineOf = (text: string) => parseLogLine(text.replace(/\n$/, ""));

describe("a line of a reply log", () => {
  test.each([
    ["the head of a segment", formatHead("node.boot", 7), { kind: "head", format: LOG_FORMAT }],
    [
      "the name of a reply",
      formatReply(3, reply, 7),
      { kind: "reply", alias: 3, run: 7, reply, copy: formatReply(1, reply, 7) },
    ],
    ["words", formatWords(3, '1,["]"]'), { kind: "words", alias: 3, body: '1,["]"]' }],
    ["the end of a beginning", WHOLE, { kind: "whole" }],
    ["the end of a reply", formatEnd(3), { kind: "end", alias: 3 }],
    [
      "of a later version",
      '{"as":3,"mood":"good"}\n',
      { kind: "unknown", alias: 3, copy: '{"as":1,"mood":"good"}\n' },
    ],
    [
      "of a later version, about no reply",
      '{"mood":"good"}\n',
      { kind: "unknown", alias: null, copy: '{"mood":"good","as":1}\n' },
    ],
  ])("is read as it was written: %s", (_, text, line) => {
    expect(text.match(/\n/g)).toHaveLength(1);
    expect(lineOf(text)).toEqual(line);
  });

  test.each(["", "{", "null", "7", '"words"', "[3", "[3,1,[", '["x",1,[]]', '[{"as":3}]'])(
    "means nothing if it is torn or no object: %j",
    (text) => expect(parseLogLine(text)).toBeNull(),
  );
});

describe.each([
  ["plain", false],
  ["encrypted", true],
])("%s words", (_, isOn) => {
  test("are read as they were written, under their number", () => {
    const body = codec(isOn).format(5, chunks);
    expect(codec(isOn).parse(body)).toEqual({ first: 5, chunks });
    expect(lineOf(formatWords(9, body))).toEqual({ kind: "words", alias: 9, body });
    expect(body.includes("secret")).toBe(!isOn);
  });

  test("are read by a node with the other setting", () => {
    expect(codec(!isOn).parse(codec(isOn).format(1, chunks))).toEqual({ first: 1, chunks });
  });

  test("that were changed mean nothing", () => {
    const body = codec(isOn).format(1, chunks);
    for (const changed of [body.slice(0, -1), `${body},`, "1", "1,{}", "1,7", `"1",${body.slice(2)}`])
      expect(codec(isOn).parse(changed)).toBeNull();
  });
});

test("deltas take a third of their length as objects", () => {
  const deltas = chunks.filter(({ type }) => type === "text-delta");
  expect(codec(false).format(1, deltas)).toBe('1,[["t","t","secret \\"words\\" 😀"]]');
});

test.each<[string, Partial<LoggedReply>]>([
  ["session", { sessionHash: "b".repeat(64) }],
  ["reply", { replyId: "another" }],
  ["epoch", { epoch: 3 }],
])("encrypted words are rejected for another %s", (_, other) => {
  const body = codec(true).format(1, chunks);
  expect(codec(true, { ...reply, ...other }).parse(body)).toBeNull();
});

test("encrypted words are rejected under another number", () => {
  const body = codec(true).format(1, chunks);
  expect(codec(true).parse(body.replace(/^1,/, "2,"))).toBeNull();
});

test("encrypted words without their key are an error, and not no words", () => {
  const keyless = createWordsCodec(createEncryptor({ keys: createEncryptionKeys(), isOn: true }), reply);
  const body = codec(true).format(1, chunks);
  expect(() => keyless.parse(body)).toThrow(KeyNotHeld);
  expect(() => keyless.format(1, chunks)).toThrow(KeyNotHeld);
});
