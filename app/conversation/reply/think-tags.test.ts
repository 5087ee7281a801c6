import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { growthOf, LINEAR } from "../../../tests/fixtures/load/processor-time";
import { perRun } from "../../../tests/fixtures/variants";
import {
  createThinkSplitter,
  foldThoughts,
  splitThoughts,
  titleWithoutTags,
  withoutThinkTags,
} from "./think-tags";
import { createLineReader } from "./thoughts-in-lines";

/** Splits a text that arrives in pieces of a number of characters; adjacent pieces of one type are joined. */
function pieces(text: string, size: number): string[] {
  const splitter = createThinkSplitter(createLineReader());
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
  ["[THINK]Hm.[/THINK]Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["[THINK]a] [b[/THIN[/think]c", ["reasoning: a] [b[/THIN", "text: c"]],
  ["[thinking] is not a tag", ["text: [thinking] is not a tag"]],
  ["<seed:think>Hm.</seed:think>Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["◁think▷Hm.◁/think▷Yes.", ["reasoning: Hm.", "text: Yes."]],
  ["<|begin_of_thought|>\nHm.\n<|end_of_thought|>\n\nYes.", ["reasoning: Hm.", "text: Yes."]],
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
  [
    "Let me see.\n\n<think>\nHm.\n</think>\n\nYes.",
    ["text: Let me see.\n\n", "reasoning: Hm.", "text: Yes."],
  ],
  ["a\n<think>Okay, b\nc</think>d", ["text: a\n", "reasoning: Okay, b\nc", "text: d"]],
  ["a\n\n<thinking>b</thinking>\n\nc", ["text: a\n\n", "reasoning: b", "text: c"]],
  ["a\n[THINK]b", ["text: a\n", "reasoning: b"]],
  ["a\n<think>b</think> is the form.\nc", ["text: a\n<think>b</think> is the form.\nc"]],
  ["a\n<think> and </think> are tags", ["text: a\n<think> and </think> are tags"]],
  ["a\n````\n```\n<think>\n````\n<thi", ["text: a\n````\n```\n<think>\n````\n<thi"]],
  ["- a\n  ```\n<think>b", ["text: - a\n  ```\n<think>b"]],
  ["  indented code", ["text:   indented code"]],
  ["<div>", ["text: <div>"]],
  ["\n\n", ["text: \n\n"]],
  ["", []],
])("reasoning in %j is separated from the answer, in pieces of any size", (text, expected) => {
  for (const size of [1, 2, 3, 5, 8, 100]) expect(pieces(text, size)).toEqual(expected);
});

test("any text with tags is separated alike in pieces of any size, and loses no word", () => {
  const unit = fc.constantFrom(
    ...["<think>", "</think>", "<THINK>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]", "<seed:think>"],
    ...["<", "</", "think", ">", "[", "[/", "]", " ", "\n", "\r\n", "`", "```", "word", "\u0130", "\u212a"],
  );
  const text = fc.array(unit, { maxLength: 14 }).map((units) => units.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 6 }), (whole, size) => {
      const separated = pieces(whole, size);
      expect(separated).toEqual(pieces(whole, 1_000));
      expect(separated.join().split("word")).toHaveLength(whole.split("word").length);
    }),
    { numRuns: perRun({ short: 1_500, long: 5_000 }) },
  );
});

test("endless white space is passed on", () => {
  expect(pieces(" ".repeat(5_000), 1).join("")).toHaveLength("text: ".length + 5_000);
});

test("the answer of a model in a loop takes linear time", () => {
  const loops = [
    "\n<think> ",
    "\n```",
    "\n<think>\n</think>",
    "<think></think>",
    "</think>",
    "<think>a</think>b",
    " ",
    "<think> ",
    "x</think>",
    "<",
  ];
  for (const loop of loops) {
    const growth = growthOf(5_000, (count) => {
      const text = `<think>${loop.repeat(count)}`;
      splitThoughts(text);
      splitThoughts(loop.repeat(count));
      pieces(`a${loop.repeat(count)}`, 1_000);
      pieces(text.slice(0, count), 1);
    });
    expect(growth, loop).toBeLessThan(LINEAR);
  }
});

describe("of a whole text", () => {
  test.each([
    ["Hm.\n</think>\n\nYes.", "Hm.", "Yes."],
    ["Hm.</thinking>Yes.", "Hm.", "Yes."],
    ["<think>a</think>b</think>c", "a\n\nb", "c"],
    ["All of it</think>", "All of it", ""],
  ])("reasoning without an opening tag is found in a whole text: %j", (text, reasoning, answer) => {
    expect(splitThoughts(text)).toEqual({ reasoning, text: answer });
  });

  test.each([
    "Write `</think>` to end it.",
    "Such as:\n\n```\nHm.\n</think>\n```\n",
    "Between <think> and </think> it thinks.",
    "No tag at all.",
  ])("quoted tags do not end reasoning: %j", (text) => {
    expect(splitThoughts(text)).toEqual({ reasoning: "", text });
  });
});

test("reasoning in the first text of an answer becomes a part, and other answers are unchanged", () => {
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

test("a text for a title has no reasoning, or only no tags if it has nothing else", () => {
  expect(withoutThinkTags("<think>Hm.</think>A trip")).toBe("A trip");
  expect(withoutThinkTags("<think>A trip").trim()).toBe("A trip");
});

test.each([
  ["<think>", ""],
  ["[THINK]Hm.[/THINK] A trip", "A trip"],
  ["<think>The user wants a trip", "The user wants a trip"],
  ["<THINK> Hm. </think> A trip ", "A trip"],
  ["How <think> works", "How <think> works"],
])("a stored title %s is displayed as %j", (title, shown) => {
  expect(titleWithoutTags(title)).toBe(shown);
});
