import { describe, expect, it, test } from "vitest";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import { plainText } from "~/conversation/reply/reply-text";
import type { Session } from "./session";
import { awaitsTitle, nameByModel, titleFrom, titleFromAnswer, titleRequest } from "./session-title";

const NOW = "2026-01-01T00:00:00.000Z";

function sessionWith(...texts: string[]): Session {
  const messages = conversation(...texts);
  return {
    createdAt: NOW,
    updatedAt: NOW,
    title: texts[0]!,
    titleSource: "first-words",
    settings: { modelId: "demo/demo", instructions: "" },
    messages,
    head: messages.at(-1)!.id,
    reply: null,
  };
}

describe("a title of first words", () => {
  it("a title of first words is one line, cut between words", () => {
    expect(titleFrom("  A\nshort   one ")).toBe("A short one");
    const long = titleFrom("word ".repeat(40));
    expect(long.length).toBeLessThanOrEqual(61);
    expect(long).toMatch(/word…$/);
  });

  it("a title never ends in half a surrogate pair", () => {
    expect(titleFrom("😀".repeat(60))).not.toMatch(/[\uD800-\uDBFF]…$/);
    expect(titleFrom(`a${"😀".repeat(60)}`)).not.toMatch(/[\uD800-\uDBFF]…$/);
  });
});

describe("reasoning in tags is in no title", () => {
  it.each([
    ["<think>Hm.</think> Plan a trip", "Plan a trip"],
    ["<think>\nPlan a trip", "Plan a trip"],
    ["Why does it print </think> at the end?", "Why does it print </think> at the end?"],
  ])("a title of the first words %j is %j", (text, title) => {
    expect(titleFrom(text)).toBe(title);
  });

  it.each([
    ["<think>\nA title.\n</think>\n\nA trip", "A trip"],
    ["<thinking>Six words.</thinking>A trip", "A trip"],
    ["A title.\n</think>\n\nA trip", "A trip"],
    ["<think>It never ends", null],
  ])("a title from the model's answer %j is %j", (answer, title) => {
    expect(titleFromAnswer(answer)).toBe(title);
  });

  it("a request for a title omits reasoning in tags of old answers", () => {
    const request = titleRequest(sessionWith("Why?", "<think>Hm.</think>Because."), NOW)!;
    expect(plainText(request.messages[0].parts)).not.toMatch(/think|Hm/);
  });
});

describe("a conversation awaits a title", () => {
  it("a session awaits a title until its first complete answer, unless it was named", () => {
    expect(awaitsTitle(sessionWith("Hi"))).toBe(true);
    expect(awaitsTitle(sessionWith("Hi", "", "Hi again"))).toBe(true);
    expect(awaitsTitle(sessionWith("Hi", "Hello", "And?"))).toBe(false);
    expect(awaitsTitle({ ...sessionWith("Hi"), titleSource: "person" })).toBe(false);
    const { titleSource: _, ...old } = sessionWith("Hi");
    expect(awaitsTitle(old)).toBe(false);
  });
});

describe("a request for a title", () => {
  it("a request for a title has the beginning of question and answer, and no half surrogate pair", () => {
    const request = titleRequest(sessionWith("Why?".padEnd(5_000, "😀"), `x${"😀".repeat(5_000)}`), NOW)!;
    const text = plainText(request.messages[0].parts);
    expect(text).toContain("Why?");
    expect(text.length).toBeLessThan(4_200);
    expect(text.isWellFormed()).toBe(true);
  });

  it("no title is requested before a complete answer, or if the title is final", () => {
    expect(titleRequest(sessionWith("Hi", ""), NOW)).toBeNull();
    expect(titleRequest({ ...sessionWith("Hi", "Hello"), titleSource: "person" }, NOW)).toBeNull();
  });
});

test.each([
  ["Bread without yeast", "Bread without yeast"],
  ['\n\n"Bread without yeast."\n\nI hope it helps!', "Bread without yeast"],
  ["**Brot ohne Hefe**", "Brot ohne Hefe"],
  ["# «Хлеб без дрожжей»", "Хлеб без дрожжей"],
  ["「酵母なしのパン」。", "酵母なしのパン"],
  ["Why C++?", "Why C++?"],
  ["a\u0007b\tc", "a b c"],
  ["", null],
  [' "" ', null],
])("the title from a model's answer %j is %j", (answer, title) => {
  expect(titleFromAnswer(answer)).toBe(title);
});

test("a long title from a model is cut", () => {
  expect(titleFromAnswer("word ".repeat(100))!.length).toBeLessThanOrEqual(61);
});

test("a title from a model replaces first words only, and leaves updatedAt", () => {
  const session = sessionWith("Hi", "Hello");
  expect(nameByModel(session, "Greeting")).toEqual({ ...session, title: "Greeting", titleSource: "model" });
  for (const titleSource of ["person", "model", undefined] as const) {
    const { titleSource: _, ...rest } = session;
    const named: Session = titleSource ? { ...rest, titleSource } : rest;
    expect(nameByModel(named, "Greeting")).toBe(named);
  }
});
