import { expect, test } from "vitest";
import { exportJson, exportMarkdown } from "./files/export-conversation";
import { snapshotOf } from "./files/share";
import type { Message, Session } from "./session/session";

const AT = "2026-01-01T00:00:00.000Z";
const messages: Message[] = [
  {
    id: "q",
    parentId: null,
    role: "user",
    parts: [{ type: "text", text: "Who?" }],
    metadata: { createdAt: AT },
  },
  {
    id: "a",
    parentId: "q",
    role: "assistant",
    parts: [
      {
        type: "dynamic-tool",
        toolName: "web_search",
        toolCallId: "r-1",
        state: "output-available",
        attempt: 1,
        input: { query: "secret ``` fence" },
        output: {
          content: [
            {
              type: "file",
              mediaType: "image/png",
              filename: "chart.png",
              size: 3,
              url: `attachment:${"0".repeat(64)}`,
            },
          ],
        },
      },
      { type: "step-start" },
      { type: "text", text: "Ada." },
      { type: "source-url", sourceId: "1", url: "https://example.org/a b", title: "A [b]\n*c*" },
      { type: "source-url", sourceId: "2", url: "https://example.org/a b" },
      { type: "source-url", sourceId: "3", url: "https://example.org/" },
    ],
    metadata: { status: "complete", modelId: "m", node: "n", createdAt: AT, finishedAt: AT },
  },
];
const session: Session = {
  ...{ title: "T", createdAt: AT, updatedAt: AT, settings: { modelId: "m", instructions: "" } },
  ...{ messages, head: "a", reply: null },
};

test("an export as Markdown has calls, with arguments that end no fence, and each source once", () => {
  expect(exportMarkdown(session)).toBe(`# T

## You

Who?

## Assistant

> \`web_search\`: output-available

\`\`\`\`json
{
  "query": "secret \`\`\` fence"
}
\`\`\`\`

Ada.

1. A \\[b\\] \\*c\\*: <https://example.org/a%20b>
2. <https://example.org/>
`);
});

test("an export as JSON has calls, with the names of the files of their results", () => {
  const [, answer] = (JSON.parse(exportJson(session)) as { messages: Message[] }).messages;
  expect(answer!.parts[0]).toMatchObject({ output: { content: [{ type: "text", text: "[chart.png]" }] } });
});

test("a share has calls without results, and without arguments unless they are chosen", () => {
  const shared = snapshotOf(session, AT).messages[1];
  expect(shared).toMatchObject({
    calls: [{ toolName: "web_search", state: "output-available" }],
    sources: [{ url: "https://example.org/a b" }, { url: "https://example.org/" }],
  });
  expect(JSON.stringify(shared)).not.toMatch(/secret|chart/);
  const chosen = snapshotOf(session, AT, { withArguments: true }).messages[1];
  expect(chosen!.calls).toMatchObject([{ input: { query: "secret ``` fence" } }]);
  expect(JSON.stringify(chosen)).not.toContain("chart");
});
