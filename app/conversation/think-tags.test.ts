import { describe, expect, test } from "vitest";
import {
  createThinkSplitter,
  foldThoughts,
  splitThoughts,
  titleWithoutTags,
  withoutThinkTags,
} from "./think-tags";

/** What comes of a text in pieces of so many characters, neighbours of a kind joined. */
function pieces(text: string, size: number): string[] {
  const splitter = createThinkSplitter();
  const all = [];
  for (let at = 0; at < text.length; at += size) all.push(...splitter.feed(text.slice(at, at + size)));
  all.push(...splitter.end());
  const joined: { type: string; text: string }[] = [];
  for (const piece of all) {
    const last = joined.at(-1);
    if (last?.type === piece.type) last.text += piece.text;
    else joined.push({ ...piece });
  }
  return joined.map(({ type, text: words }) => `${type}: ${words}`);
}

test.each<[string, string[]]>([
  ["<think>Hm.</think>Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["<think>\nHm.\n\nOr not?\n</think>\n\nYes.\n", ["reasoning: Hm.\n\nOr not?", "text: Yes.\n"]],
  ["\n <THINK>Hm.</THINK> Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["<thinking>a </think> b</thinking>Yes.", ["reasoning: a </think> b", "text: Yes."]],
  ["<thought>Hm.</thought>Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["<think>a</think>\n<think>b</think>c", ["reasoning: a\n\nb", "text: c"]],
  ["<think>\n\n</think>\n\nYes.", ["text: Yes."]],
  ["<think>x < y, a</thin>k</think>Yes.", ["reasoning: x < y, a</thin>k", "text: Yes."]],
  ["<think>It never ends", ["reasoning: It never ends"]],
  ["<think>cut </thi", ["reasoning: cut </thi"]],
  ["</think>\n\nYes.", ["text: Yes."]],
  ["<thi", ["text: <thi"]],
  ["<thinker>Rodin</thinker>", ["text: <thinker>Rodin</thinker>"]],
  ["I <think>so</think>.", ["text: I <think>so</think>."]],
  ["  indented code", ["text:   indented code"]],
  ["<div>", ["text: <div>"]],
  ["\n\n", ["text: \n\n"]],
  ["", []],
])("thoughts in %j are told from the answer, however it is cut", (text, expected) => {
  for (const size of [1, 2, 3, 5, 8, 100]) expect(pieces(text, size)).toEqual(expected);
});

test("white space without end is passed on", () => {
  expect(pieces(" ".repeat(5_000), 1).join("")).toHaveLength("text: ".length + 5_000);
});

test("a model in a loop costs time in proportion to what it says", () => {
  const loops = ["<think></think>", "</think>", "<think>a</think>b", " ", "<think> ", "x</think>", "<"];
  for (const loop of loops) {
    const timeFor = (count: number) => {
      const text = `<think>${loop.repeat(count)}`;
      const before = process.cpuUsage();
      splitThoughts(text);
      splitThoughts(loop.repeat(count));
      pieces(text.slice(0, count), 1);
      return process.cpuUsage(before).user / 1000;
    };
    timeFor(1_000);
    // Eight times as much would take sixty-four times as long if each step looked at all that came before.
    // Less than 20 ms is too little to measure.
    expect(timeFor(80_000)).toBeLessThan(40 * Math.max(20, timeFor(10_000)));
  }
});

describe("of a whole text", () => {
  test.each([
    ["Hm.\n</think>\n\nYes.", "Hm.", "Yes."],
    ["Hm.</thinking>Yes.", "Hm.", "Yes."],
    ["<think>a</think>b</think>c", "a\n\nb", "c"],
    ["All of it</think>", "All of it", ""],
  ])("thoughts are found without the tag that opens them: %j", (text, reasoning, answer) => {
    expect(splitThoughts(text)).toEqual({ reasoning, text: answer });
  });

  test.each([
    "Write `</think>` to end it.",
    "Such as:\n\n```\nHm.\n</think>\n```\n",
    "Between <think> and </think> it thinks.",
    "No tag at all.",
  ])("tags that it speaks of are no end of thoughts: %j", (text) => {
    expect(splitThoughts(text)).toEqual({ reasoning: "", text });
  });
});

test("thoughts in the first text of an answer become a part; other answers stay as they are", () => {
  const text = { type: "text" as const, text: "Hm.</think>Yes." };
  expect(foldThoughts([text])).toEqual([
    { type: "reasoning", text: "Hm." },
    { type: "text", text: "Yes." },
  ]);
  const [empty] = foldThoughts([{ type: "text", text: "<think>\n</think>\n\nYes." }]);
  expect(empty).toEqual({ type: "text", text: "Yes." });
  const apart = [{ type: "reasoning" as const, text: "Hm." }, text];
  expect(foldThoughts(apart)).toBe(apart);
});

test("a text for a title is without thoughts, or without their tags where it is nothing else", () => {
  expect(withoutThinkTags("<think>Hm.</think>A trip")).toBe("A trip");
  expect(withoutThinkTags("<think>A trip").trim()).toBe("A trip");
});

test.each([
  ["<think>", ""],
  ["<think>The user wants a trip", "The user wants a trip"],
  ["<THINK> Hm. </think> A trip ", "A trip"],
  ["How <think> works", "How <think> works"],
])("a stored title %s is shown as %j", (title, shown) => {
  expect(titleWithoutTags(title)).toBe(shown);
});
