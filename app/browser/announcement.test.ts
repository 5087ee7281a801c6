import { expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import { createTranslator } from "~/i18n/create-translator";
import { announcementOf } from "./announcement";
import { INITIAL_STATE, withSession, type ChatState } from "./chat-state";
import { hearChunk, liveReply } from "./live-reply";

const { t } = createTranslator().i18n;
const NOW = "2026-01-01T00:00:00.000Z";

function settled(status: "complete" | "stopped" | "failed" | "interrupted"): ChatState {
  const session: SessionView = {
    rev: 2,
    createdAt: NOW,
    updatedAt: NOW,
    title: "",
    settings: { modelId: "m", instructions: "" },
    messages: [
      {
        id: "a",
        parentId: "u",
        role: "assistant",
        parts: [{ type: "text", text: "Hello" }],
        metadata: {
          status,
          modelId: "m",
          node: "n",
          createdAt: NOW,
          finishedAt: NOW,
          ...(status === "failed" && { error: { code: "model_denied", message: "Access was denied." } }),
        },
      },
    ],
    head: "a",
    reply: null,
    recovered: null,
  };
  return withSession(INITIAL_STATE, session);
}

const answering: ChatState = {
  ...INITIAL_STATE,
  live: liveReply({ id: "r", messageId: "a", parentId: "u" }, 1),
};

test("an answer is announced when it begins, and not at every word", () => {
  expect(announcementOf(INITIAL_STATE, answering, t)).toBe("Assistant is answering…");
  const live = hearChunk(
    answering.live!,
    { replyId: "r", epoch: 1, seq: 1 },
    { type: "text-delta", id: "0", delta: "Hel" },
  );
  expect(announcementOf(answering, { ...answering, live }, t)).toBeNull();
});

test.each([
  ["complete", "Hello"],
  ["stopped", "Hello\n\nStopped."],
  ["failed", "Hello\n\nAccess was denied."],
  ["interrupted", "Hello\n\nThis answer was cut off."],
] as const)("an answer that ended %s is read out once", (status, words) => {
  expect(announcementOf(answering, settled(status), t)).toBe(words);
  expect(announcementOf(settled(status), settled(status), t)).toBeNull();
});

test("opening a conversation is no news", () => {
  expect(announcementOf(INITIAL_STATE, settled("complete"), t)).toBeNull();
});
