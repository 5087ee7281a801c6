import { expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createLogContent, createWordsReader, type LogContent } from "./log-content";
import {
  createWordsCodec,
  formatEnd,
  formatHead,
  formatReply,
  formatWords,
  WHOLE,
  type LoggedReply,
} from "./log-lines";

const one: LoggedReply = { sessionHash: KEY, replyId: "one", epoch: 1 };
const two: LoggedReply = { sessionHash: KEY, replyId: "two", epoch: 1 };
const codec = createWordsCodec(createTestEncryptor(false), one);
const word = (delta: string): ReplyChunk => ({ type: "text-delta", id: "t", delta });
const body = (first: number, ...deltas: string[]) => codec.format(first, deltas.map(word));

/** Takes lines of a segment, as they come. */
function take(content: LogContent, segment: number, ...lines: string[]) {
  return lines.map((line) => content.takeLine(line.replace(/\n$/, ""), segment));
}

const reader = (content: LogContent) => createWordsReader(content.find(one)!, codec);
const textOf = (chunks: ReplyChunk[]) =>
  chunks.map((chunk) => ("delta" in chunk ? chunk.delta : "")).join("");

/** In the order of their numbers. */
const bodiesOf = (content: LogContent, reply: LoggedReply) =>
  [...(content.find(reply)?.bodies ?? [])].sort(([a], [b]) => a - b).map(([, each]) => each);

test("words go to the reply that the alias names in their own segment", () => {
  const content = createLogContent();
  take(content, 1, formatHead("n.b", 1), formatReply(1, one), formatReply(2, two), WHOLE);
  take(content, 1, formatWords(1, body(1, "for one")), formatWords(2, body(1, "for two")));
  take(content, 2, formatHead("n.b", 2), formatReply(1, two), formatReply(2, one));
  take(content, 2, formatWords(1, body(1, "for two")), formatWords(2, body(1, "for one")), WHOLE);
  take(content, 2, formatWords(2, body(2, ", more")));
  expect(textOf(reader(content).readMore())).toBe("for one, more");
  expect(content.running()).toEqual([one, two]);
});

test("an alias of an earlier segment names nothing", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), WHOLE);
  expect(take(content, 2, formatWords(1, body(1, "not of one")))).toEqual([false]);
  expect(reader(content).readMore()).toEqual([]);
});

test("a reader is given repeated words once, whatever was repeated", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), WHOLE, formatWords(1, body(1, "a", "b")));
  const words = reader(content);
  expect(textOf(words.readMore())).toBe("ab");
  take(
    content,
    2,
    formatReply(1, one),
    formatWords(1, body(1, "a", "b")),
    formatWords(1, body(3, "c")),
    WHOLE,
  );
  take(content, 2, formatWords(1, body(3, "c")), formatWords(1, body(4, "d")));
  expect(textOf(words.readMore())).toBe("cd");
  expect(words.readMore()).toEqual([]);
});

test("a reply ends where the log says so, and with a whole beginning that does not name it", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), formatReply(2, two), WHOLE);
  const [first, second] = [content.find(one)!, content.find(two)!];
  take(content, 1, formatEnd(1));
  expect([first.hasEnded, second.hasEnded]).toEqual([true, false]);
  take(content, 2, formatHead("n.b", 2), WHOLE);
  expect([second.hasEnded, content.find(two)]).toEqual([true, null]);
});

test("a torn beginning ends no reply, and what it repeats is known already", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), formatReply(2, two), WHOLE, formatWords(1, body(1, "a")));
  const words = reader(content);
  take(content, 2, formatHead("n.b", 2), formatReply(1, one), '[1,1,[["t","t","a');
  expect(content.find(two)).not.toBeNull();
  take(
    content,
    3,
    formatHead("n.b", 3),
    formatReply(1, two),
    formatReply(2, one),
    formatWords(2, body(1, "a")),
  );
  take(content, 3, formatWords(2, body(2, "b")), WHOLE);
  expect(textOf(words.readMore())).toBe("ab");
  expect(content.find(two)).not.toBeNull();
});

test("a number that is missing ends what is read of a reply, not of others", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), formatReply(2, two), WHOLE);
  take(content, 1, formatWords(1, body(1, "a")), formatWords(1, body(3, "c")), formatWords(1, body(4, "d")));
  take(content, 1, formatWords(2, body(1, "whole")));
  const words = reader(content);
  expect(textOf(words.readMore())).toBe("a");
  expect(words.readMore()).toEqual([]);
  expect(textOf(createWordsReader(content.find(two)!, codec).readMore())).toBe("whole");
});

test("epochs of a reply are told apart", () => {
  const content = createLogContent();
  const later = { ...one, epoch: 2 };
  take(content, 1, formatReply(1, one), formatReply(2, later), WHOLE, formatWords(2, body(1, "later")));
  expect(bodiesOf(content, one)).toEqual([]);
  expect(bodiesOf(content, later)).toEqual([body(1, "later")]);
});

test("an unknown line makes its reply newer, and no other", () => {
  const content = createLogContent();
  take(content, 1, formatReply(1, one), formatReply(2, two), WHOLE, formatWords(1, body(1, "a")));
  expect(take(content, 1, '{"as":1,"mood":"good"}', '{"mood":"good"}')).toEqual([true, true]);
  const words = reader(content);
  for (let call = 0; call < 2; call++)
    expect(() => words.readMore()).toThrow(expect.objectContaining({ code: "session_newer_format" }));
  expect(content.find(two)?.newer).toBeNull();
});

test("lines that mean nothing are reported", () => {
  const content = createLogContent();
  const lines = ["", "{", "[1,1,[]]", "[1,x]"];
  expect(take(content, 1, ...lines)).toEqual(lines.map(() => false));
  expect(content.takeLine(null, 1)).toBe(false);
});

test("words of a reply that has ended are found until the next segment, and not in a new reply of that name", () => {
  const content = createLogContent();
  take(
    content,
    1,
    formatReply(1, one),
    formatReply(2, two),
    WHOLE,
    formatWords(1, body(1, "a")),
    formatEnd(1),
  );
  expect(textOf(reader(content).readMore())).toBe("a");
  expect(content.running()).toEqual([two]);
  take(content, 1, formatReply(3, one), formatWords(3, body(1, "b")));
  expect(textOf(reader(content).readMore())).toBe("b");
  take(content, 1, formatEnd(3));
  take(content, 2, formatReply(1, two), WHOLE);
  expect(content.find(one)).toBeNull();
});

test("a reply that was begun anew under the same epoch has the words of its last run alone", () => {
  const content = createLogContent();
  take(
    content,
    1,
    formatReply(1, one, 1),
    WHOLE,
    formatWords(1, body(1, "of a question that was not committed")),
  );
  take(content, 1, formatReply(2, one, 2), formatWords(2, body(1, "committed")));
  expect(bodiesOf(content, one)).toEqual([body(1, "committed")]);
  // Also where the append with the end of the first run has failed.
  take(content, 2, formatReply(1, one, 2), formatWords(1, body(1, "committed")), WHOLE);
  expect(bodiesOf(content, one)).toEqual([body(1, "committed")]);
});

test("a line that is damaged in one segment is read in the beginning of the next, and reading goes on", () => {
  const content = createLogContent();
  take(
    content,
    1,
    formatReply(1, one),
    WHOLE,
    formatWords(1, body(1, "a")),
    "[1,2,[[damaged",
    formatWords(1, body(3, "c")),
  );
  const reader = createWordsReader(content.find(one)!, codec);
  expect(reader.readMore()).toHaveLength(1);
  expect(reader.readMore()).toEqual([]);
  const again = [body(1, "a"), body(2, "b"), body(3, "c")].map((each) => formatWords(1, each));
  take(content, 2, formatReply(1, one), ...again, WHOLE);
  expect(reader.readMore().map((chunk) => "delta" in chunk && chunk.delta)).toEqual(["b", "c"]);
});
