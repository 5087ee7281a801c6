import { expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import type { LoadedSession } from "~/browser/chat/session-api";
import { exportConversationFile } from "./export-conversation-file";

const at = "2026-01-01T00:00:00.000Z";
const labels = { you: "Ich", assistant: "Assistent", untitled: "Ohne Titel" };

const apiWith = (title: string, ...more: object[]) => ({
  load: (): Promise<LoadedSession> =>
    Promise.resolve({
      kind: "session",
      etag: null,
      session: {
        title,
        messages: [
          {
            id: "m1",
            parentId: null,
            role: "user",
            parts: [{ type: "text", text: "Hello" }, ...more],
            metadata: { createdAt: at },
          },
        ],
        head: "m1",
        settings: { modelId: "demo/demo", instructions: "" },
        createdAt: at,
      } as unknown as SessionView,
    }),
});

test("a conversation becomes a file that has its name", async () => {
  const { file: markdown, namesFiles } = await exportConversationFile(apiWith("Tea"), "markdown", labels);
  expect([markdown.name, markdown.type]).toEqual(["Tea.md", "text/markdown"]);
  expect(await markdown.text()).toBe("# Tea\n\n## Ich\n\nHello\n");
  expect(namesFiles).toBe(false);
  const { file: json } = await exportConversationFile(apiWith("Tea"), "json", labels);
  expect(json.name).toBe("Tea.json");
  expect(JSON.parse(await json.text())).toMatchObject({ format: "holdfast-conversation", title: "Tea" });
});

test("what was attached is named in it, which is told", async () => {
  const file = {
    type: "file",
    mediaType: "text/plain",
    filename: "notes.txt",
    url: `attachment:${"0a".repeat(32)}`,
    size: 3,
  };
  const { file: made, namesFiles } = await exportConversationFile(apiWith("Tea", file), "markdown", labels);
  expect(namesFiles).toBe(true);
  expect(await made.text()).toBe("# Tea\n\n## Ich\n\nHello\n\n[notes.txt]\n");
});

test.each([
  ["../etc/passwd: \u0000 why?", "etc passwd why"],
  ["  ...  ", "conversation"],
  ["مرحبا", "مرحبا"],
  ["", "Ohne Titel"],
  ["x".repeat(200), "x".repeat(80)],
])("the title %j makes the name %j", async (title, name) => {
  expect((await exportConversationFile(apiWith(title), "markdown", labels)).file.name).toBe(`${name}.md`);
});

test("there is nothing to export of what is not there", async () => {
  const gone = { load: (): Promise<LoadedSession> => Promise.resolve({ kind: "absent" }) };
  await expect(exportConversationFile(gone, "json", labels)).rejects.toMatchObject({
    code: "session_not_found",
  });
});
