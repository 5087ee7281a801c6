import { expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import { createTranslator } from "~/i18n/create-translator";
import { createReadAloud } from "./announcement";
import { INITIAL_STATE, withSession, type ChatState } from "~/browser/chat/chat-state";
import { receiveChunk, liveReply } from "~/browser/chat/live-reply";

const { t } = createTranslator().i18n;
const NOW = "2026-01-01T00:00:00.000Z";

function settled(status: "complete" | "stopped" | "failed" | "interrupted", text = "Hello"): ChatState {
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
        parts: [{ type: "text", text }],
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

/** The same answer, so far. */
function grown(from: ChatState, delta: string): ChatState {
  const live = from.live!;
  const cursor = { replyId: "r", epoch: 1, seq: (live.cursor?.seq ?? 0) + 1 };
  return { ...from, live: receiveChunk(live, cursor, { type: "text-delta", id: "0", delta }) };
}

/** What is said of each change, in one go. */
function readThrough(...states: ChatState[]): string[] {
  const readAloud = createReadAloud(states[0]!);
  return states.flatMap((state, index) => (index === 0 ? [] : readAloud(states[index - 1]!, state, t)));
}

const LONG = "One sentence after the other fills this paragraph until it is worth an interruption. ".repeat(
  2,
);

test("an answer is announced when it begins, and not at every word", () => {
  const hel = grown(answering, "Hel");
  expect(readThrough(INITIAL_STATE, answering, hel, grown(hel, "lo"))).toEqual(["Assistant is answering…"]);
});

test.each([
  ["complete", ["Hello"]],
  ["stopped", ["Hello", "Stopped."]],
  ["failed", ["Hello", "Access was denied."]],
  ["interrupted", ["Hello", "This answer was cut off."]],
] as const)("an answer that ended %s is read out once", (status, words) => {
  const end = settled(status);
  expect(readThrough(answering, grown(answering, "Hel"), end, end)).toEqual(words);
});

test("a long answer is read while it is written: finished paragraphs, short ones together, none twice", () => {
  const one = grown(answering, `Short.\n\n${LONG}`);
  const two = grown(one, "\n\n**And**");
  const three = grown(two, " more.");
  const end = settled("complete", `Short.\n\n${LONG}\n\n**And** more.`);
  expect(readThrough(answering, one)).toEqual([]);
  expect(readThrough(answering, one, two, three)).toEqual([`Short.\n\n${LONG.trim()}`]);
  expect(readThrough(answering, one, two, three, end)).toEqual([`Short.\n\n${LONG.trim()}`, "And more."]);
});

test("code is not cut at its empty lines", () => {
  const code = `\`\`\`\n${LONG}\n\n${LONG}`;
  expect(readThrough(answering, grown(answering, code))).toEqual([]);
  expect(readThrough(answering, grown(answering, `${code}\n\`\`\`\n\nDone.`))).toHaveLength(1);
});

test("what an answer that goes on had said before is not read again", () => {
  const known = [{ type: "text" as const, text: "Hel" }];
  const live = liveReply({ id: "r", messageId: "a", parentId: "u" }, 1, known);
  expect(readThrough(INITIAL_STATE, { ...INITIAL_STATE, live }, settled("complete"))).toEqual([
    "Assistant is answering…",
    "lo",
  ]);
});

test("who comes back in mid-answer hears its rest, and the paragraph that was not finished", () => {
  const before = grown(answering, `${LONG}\n\nAnd`);
  const more = grown(before, ` more.\n\n${LONG}\n\n`);
  const rest = `And more.\n\n${LONG.trim()}`;
  expect(readThrough(before, more)).toEqual([rest]);
  // The answer ended while another conversation was shown, or at once.
  expect(readThrough(before, settled("complete", `${LONG}\n\nAnd more.\n\n${LONG}`))).toEqual([rest]);
});

test("opening a conversation is no news", () => {
  expect(readThrough(INITIAL_STATE, settled("complete"))).toEqual([]);
});
