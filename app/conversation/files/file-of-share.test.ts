import { expect, test } from "vitest";
import { conversationFile } from "./conversation-file";
import { exportMarkdown } from "./export-conversation";
import { fileOfShare } from "./file-of-share";
import type { SharedMessage } from "./share";

const createdAt = "2026-01-01T00:00:00.000Z";
const message = (id: string, role: SharedMessage["role"], text: string, attachments: string[] = []) => ({
  id,
  role,
  text,
  attachments,
  createdAt,
  ...(role === "assistant" && { modelId: "demo/demo" }),
});
const fileOf = (...messages: SharedMessage[]) => fileOfShare({ title: "Tea", createdAt, messages });

test("a snapshot is converted to an importable file with the same text", () => {
  const file = fileOf(
    message("q1", "user", "Why?", ["leaf.png"]),
    message("a1", "assistant", "**Because.**"),
  );
  expect(conversationFile.parse(file)).toEqual(file);
  expect(file).toMatchObject({ head: "a1", settings: { modelId: "demo/demo" } });
  expect(exportMarkdown(file)).toBe(
    "# Tea\n\n## You\n\nWhy?\n\n[leaf.png]\n\n## Assistant\n\n**Because.**\n",
  );
});

test("a snapshot without an answer, with only a file as question, and with a question at the end can be imported", () => {
  const file = fileOf(
    message("q1", "user", "", ["leaf.png"]),
    message("q2", "user", "Again?"),
    message("a2", "assistant", "Yes."),
    message("q3", "user", "Sure?"),
  );
  expect(conversationFile.safeParse(file).error).toBeUndefined();
  expect(file.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
});
