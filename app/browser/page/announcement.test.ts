import { beforeAll, expect, test } from "vitest";
import type { SessionView } from "~/conversation/api";
import { createTranslator } from "~/i18n/create-translator";
import { loadLaterTexts } from "~/i18n/later-texts";
import { createReadAloud } from "./announcement";
import { INITIAL_STATE, withSession, type ChatState } from "~/browser/chat/chat-state";
import { receiveChunk, liveReply } from "~/browser/chat/following/live-reply";

const { t } = createTranslator().i18n;
beforeAll(loadLaterTexts);
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

/** The announcements of each change, in order. */
function readThrough(...states: ChatState[]): string[] {
  const readAloud = createReadAloud(states[0]!);
  return states.flatMap((state, index) => (index === 0 ? [] : readAloud(states[index - 1]!, state, t)));
}

const LONG = "One sentence after the other fills this paragraph until it is worth an interruption. ".repeat(
  2,
);

test("an answer is announced when it begins, and not at each word", () => {
  const hel = grown(answering, "Hel");
  expect(readThrough(INITIAL_STATE, answering, hel, grown(hel, "lo"))).toEqual(["Assistant is answering…"]);
});

test.each([
  ["complete", ["Hello"]],
  ["stopped", ["Hello", "Stopped."]],
  ["failed", ["Hello", "Access was denied."]],
  ["interrupted", ["Hello", "This answer was interrupted."]],
] as const)("an answer that ended %s is read out once", (status, words) => {
  const end = settled(status);
  expect(readThrough(answering, grown(answering, "Hel"), end, end)).toEqual(words);
});

test("a long answer is read while it is written, in finished paragraphs, short ones together, each once", () => {
  const one = grown(answering, `Short.\n\n${LONG}`);
  const two = grown(one, "\n\n**And**");
  const three = grown(two, " more.");
  const end = settled("complete", `Short.\n\n${LONG}\n\n**And** more.`);
  expect(readThrough(answering, one)).toEqual([]);
  expect(readThrough(answering, one, two, three)).toEqual([`Short.\n\n${LONG.trim()}`]);
  expect(readThrough(answering, one, two, three, end)).toEqual([`Short.\n\n${LONG.trim()}`, "And more."]);
});

test.each([
  ["", `${LONG}And half a wor`],
  ["", `${"今日はとても良い天気でしたから、みんなで公園へ出かけました。".repeat(6)}そして`],
  ["Abc ".repeat(50), ""],
  [`\`${"code. Not an end ".repeat(12)}`, ""],
])("a long paragraph is read up to its last whole sentence: %#", (unfinished, finished) => {
  const text = unfinished + finished;
  const [spoken] = readThrough(answering, grown(answering, text));
  if (unfinished !== "") expect(spoken).toBeUndefined();
  else {
    expect(text.startsWith(spoken!)).toBe(true);
    expect(spoken).toMatch(/[.。]$/);
    const rest = text.slice(spoken!.length).trim();
    expect(rest).toMatch(/^(And half a wor|そして)$/);
    expect(readThrough(answering, grown(answering, text), settled("complete", text))).toEqual([spoken, rest]);
  }
});

test("code, diagrams and long formulas are named", () => {
  const text =
    "See $x$ for $5:\n\n```ts\nlet a;\nlet b;\n```\n\n```mermaid\nA-->B\n```\n\n$$\\frac{a}{b}$$\n\n~~~\nopen";
  expect(readThrough(answering, settled("complete", text))).toEqual([
    "See x for $5:\n\nCode in ts, 2 lines.\n\nDiagram.\n\nformula\n\nCode in text, 1 line.",
  ]);
});

test("code is not cut at empty lines when read out", () => {
  const code = `\`\`\`\n${LONG}\n\n${LONG}`;
  expect(readThrough(answering, grown(answering, code))).toEqual([]);
  expect(readThrough(answering, grown(answering, `${code}\n\`\`\`\n\nDone.`))).toHaveLength(1);
});

test("the earlier part of a continued answer is not read again", () => {
  const known = [{ type: "text" as const, text: "Hel" }];
  const live = liveReply({ id: "r", messageId: "a", parentId: "u" }, 1, known);
  expect(readThrough(INITIAL_STATE, { ...INITIAL_STATE, live }, settled("complete"))).toEqual([
    "Assistant is answering…",
    "lo",
  ]);
});

test("a conversation shown during an answer reads from the unfinished paragraph on", () => {
  const before = grown(answering, `${LONG}\n\nAnd`);
  const more = grown(before, ` more.\n\n${LONG}\n\n`);
  const rest = `And more.\n\n${LONG.trim()}`;
  expect(readThrough(before, more)).toEqual([rest]);
  // The answer ended while another conversation was shown, or at once.
  expect(readThrough(before, settled("complete", `${LONG}\n\nAnd more.\n\n${LONG}`))).toEqual([rest]);
});

test("opening a conversation announces nothing", () => {
  expect(readThrough(INITIAL_STATE, settled("complete"))).toEqual([]);
});

test("the mark that ends a slanted sentence is not read by itself, after the sentence was", () => {
  const text = `*${LONG.trim()}\n\n`;
  const read = grown(answering, text);
  expect(readThrough(answering, read, settled("complete", `${text}*`))).toHaveLength(1);
});
