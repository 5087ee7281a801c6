import { expect, test } from "vitest";
import { highlightCode } from "./highlight-code.client";

test("code is highlighted, and its text is complete", () => {
  const textOf = (nodes: ReturnType<typeof highlightCode>): string =>
    nodes!.map((node) => (typeof node === "string" ? node : textOf([...node.children]))).join("");
  const code = 'int main() {\n  return "a"; // b\n}\n';
  expect(textOf(highlightCode(code, "c"))).toBe(code);
  expect(JSON.stringify(highlightCode(code, "c"))).toContain('"className":"hljs-string"');
});

test.each([
  ["an unknown language", "a", "nonsense"],
  ["more elements than a page can lay out", '"a";'.repeat(11_000), "c"],
  ["elements in elements", "${`".repeat(5_000), "js"],
])("%s is not highlighted", (_, code, language) => {
  expect(highlightCode(code, language)).toBeNull();
});
