import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Markdown } from "./markdown.client";

const draw = (text: string) => renderToStaticMarkup(createElement(Markdown, { text, ending: "growing" }));

test("a heading is rendered from its first word on", () => {
  expect(["Text\n\n##", "Text\n\n## ", "Text\n\n## **"].map(draw)).toEqual(Array(3).fill("<p>Text</p>"));
  expect(draw("Text\n\n## Th")).toBe("<p>Text</p><h2>Th</h2>");
});
