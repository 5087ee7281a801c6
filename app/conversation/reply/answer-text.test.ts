import { expect, test } from "vitest";
import { answerText } from "./answer-text";
import { foldThoughts, splitThoughts } from "./think-tags";

test.each([
  ["in tags", "<think>\nwhy\n</think>\n\nIt is **4**.", "why", "It is **4**."],
  ["after blank lines", "\n\n<think>why</think>4", "why", "4"],
  ["in capitals", "<THINK>why</THINK>4", "why", "4"],
  ["in tags of another name", "<thinking>why</thinking>4", "why", "4"],
  ["in several tags", "<think>why</think>\n<think>and</think>\n4", "why\n\nand", "4"],
  ["without words", "<think>\n\n</think>\n\n4", "", "4"],
  ["without an end", "<think>\nwhy", "why", ""],
  ["with half an end", "<think>why</thi", "why</thi", ""],
  ["without a beginning", "why\n</think>\n\n4", "why", "4"],
])("reasoning %s is separated from the answer", (_, answer, reasoning, text) => {
  expect(splitThoughts(answer)).toEqual({ reasoning, text });
});

test.each([
  ["a tag in the middle", "The tag <think> is …</think> used by models."],
  ["a tag in code", "`<think>` is a tag"],
  ["a closing tag in a fence", "```\na\n</think>\n```"],
  ["another element", "<thinker>a</thinker>"],
])("%s counts as text of the answer", (_, answer) => {
  expect(splitThoughts(answer)).toEqual({ reasoning: "", text: answer });
});

test("the text of an answer is without reasoning in tags, which becomes a part of its own", () => {
  const parts = [{ type: "text" as const, text: "<think>why</think>\n\n4" }];
  expect(answerText(parts)).toBe("4");
  expect(foldThoughts(parts)).toEqual([
    { type: "reasoning", text: "why" },
    { type: "text", text: "4" },
  ]);
});

test("parts without tags are returned as the same objects, so that views do not render again", () => {
  const parts = [{ type: "text" as const, text: "4" }];
  expect(foldThoughts(parts)).toBe(parts);
});

test("a long text without a closing tag takes linear time", () => {
  expect(splitThoughts("<think></think>".repeat(2_000)).text).toBe("");
  expect(splitThoughts(`<think>${"</".repeat(500_000)}`).text).toBe("");
});
