import { describe, expect, it } from "vitest";
import { piecesOf } from "./question-with-code";

describe("a question", () => {
  it("is text and code, in its order", () => {
    expect(piecesOf("Why?\n\n```ts\nlet a = 1;\n```\nAnd\n````\n```\n````\n")).toEqual([
      { content: "Why?" },
      { language: "ts", content: "let a = 1;" },
      { content: "And" },
      { language: "", content: "```" },
    ]);
  });

  it("may end in code that is not closed", () => {
    expect(piecesOf("```\na\n\nb")).toEqual([{ language: "", content: "a\n\nb" }]);
  });

  it("is code only where a fence begins a line", () => {
    expect(piecesOf("a ``` b\n`c`")).toEqual([{ content: "a ``` b\n`c`" }]);
  });
});
