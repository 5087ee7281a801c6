import { expect, test } from "vitest";
import { conversationFile, MAX_FILE_VALUES } from "~/conversation/conversation-file";
import { exportJson } from "~/conversation/export-conversation";
import { MAX_MESSAGES } from "~/conversation/limits";
import type { Message } from "~/conversation/session";
import { conversation } from "../../tests/fixtures/collect-answer";
import { requireModestJson } from "./require-modest-json";

const NOW = "2026-02-01T00:00:00.000Z";

test("as many messages as there may be, with all that can be known of them, are imported", () => {
  const full: Message = {
    id: "a",
    parentId: "q",
    role: "assistant",
    parts: [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "1" },
    ],
    metadata: {
      status: "failed",
      modelId: "demo/demo",
      node: "n",
      replyId: "r",
      createdAt: NOW,
      finishedAt: NOW,
      timeToFirstTokenMs: 1,
      usage: { inputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1, outputTokens: 1 },
      omittedMessages: 1,
      error: { code: "c", message: "m" },
    },
  };
  const [question] = conversation("Again", "") as [Message, Message];
  const answers = Array.from({ length: MAX_MESSAGES }, (_, index) => ({ ...full, id: `a${String(index)}` }));
  const messages = [{ ...question, id: "q" }, ...answers];
  const exported = exportJson({
    createdAt: NOW,
    title: "Counting",
    settings: { modelId: "demo/demo", instructions: "" },
    messages,
    head: "q",
  });
  requireModestJson(Buffer.from(exported), MAX_FILE_VALUES);
  expect(conversationFile.parse(JSON.parse(exported)).messages).toEqual(messages);
});
