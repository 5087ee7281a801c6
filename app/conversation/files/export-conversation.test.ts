import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import { conversationFile, importBody, importSession } from "./conversation-file";
import { exportJson, exportMarkdown } from "./export-conversation";
import { MAX_MESSAGES } from "~/conversation/limits";
import { session as sessionSchema, type Message, type Session } from "~/conversation/session/session";

const NOW = "2026-02-01T00:00:00.000Z";
const timestamp = fc
  .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const words = fc.string({ unit: "grapheme", maxLength: 30 });
const part = fc.record({ type: fc.constantFrom("text" as const, "reasoning" as const), text: words });
const assistantMetadata = fc.record(
  {
    status: fc.constantFrom("complete", "stopped", "failed", "interrupted"),
    modelId: words,
    node: words,
    createdAt: timestamp,
    finishedAt: timestamp,
    replyId: fc.constant("r1"),
    timeToFirstTokenMs: fc.nat(),
    usage: fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() }, { requiredKeys: [] }),
    error: fc.record({ code: words, message: words }),
  },
  { requiredKeys: ["status", "modelId", "node", "createdAt", "finishedAt"] },
);
const grown = fc.array(
  fc.record({
    /** Index of its parent among the messages before it, if any. */
    after: fc.nat(),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    createdAt: timestamp,
    assistantMetadata,
  }),
  { minLength: 1, maxLength: 12 },
);

/** A tree of questions and answers, in which each may follow any message before it. */
function messagesOf(steps: typeof grown extends fc.Arbitrary<infer T> ? T : never): Message[] {
  const messages: Message[] = [];
  for (const [index, { after, parts, createdAt, assistantMetadata }] of steps.entries()) {
    const parent = after % 4 === 0 ? undefined : messages[after % Math.max(1, messages.length)];
    const id = `m${String(index)}`;
    if (parent?.role === "user") {
      const metadata = assistantMetadata as Extract<Message, { role: "assistant" }>["metadata"];
      messages.push({ id, parentId: parent.id, role: "assistant", parts, metadata });
    } else {
      const text = parts.map(({ text }) => ({ type: "text" as const, text }));
      messages.push({ id, parentId: parent?.id ?? null, role: "user", parts: text, metadata: { createdAt } });
    }
  }
  return messages;
}

const anySession: fc.Arbitrary<Session> = fc
  .record({
    createdAt: timestamp,
    title: words,
    modelId: words,
    instructions: words,
    temperature: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    steps: grown,
    shown: fc.nat(),
  })
  .map(({ createdAt, title, modelId, instructions, temperature, steps, shown }) => {
    const messages = messagesOf(steps);
    const settings = { modelId, instructions, ...(temperature !== undefined && { temperature }) };
    const head = messages[shown % messages.length]!.id;
    return { createdAt, updatedAt: NOW, title, settings, messages, head, reply: null };
  });

test("an exported session has no field that the first version of the file lacks", () => {
  const [question, answer] = conversation("Hi", "Hello");
  if (answer?.role !== "assistant") throw new Error("not an answer");
  const error = { code: "model_denied", message: "No." };
  const metadata = { ...answer.metadata, error };
  const file = (settings: object, added: object) =>
    exportJson({
      ...{ createdAt: NOW, title: "T", settings: { modelId: "m", instructions: "", ...settings } },
      messages: [question!, { ...answer, metadata: { ...metadata, ...added } }],
      head: answer.id,
    });
  const later = { omissions: [{ code: "file_lost" }], reasoningMs: 5_000, error: { ...error, detail: "D" } };
  expect(file({ effort: "high" }, later)).toBe(file({}, {}));
});

test("an exported session is imported unchanged", () => {
  fc.assert(
    fc.property(anySession, (session) => {
      expect(sessionSchema.parse(session)).toEqual(session);
      const file = conversationFile.parse(JSON.parse(exportJson(session)));
      const imported = importSession(file, { now: NOW, modelFor: (modelId) => modelId });
      expect(sessionSchema.parse(imported)).toEqual(imported);
      // Through JSON, in which -0 is 0.
      const expected = JSON.parse(JSON.stringify(session)) as Session;
      expect(imported).toEqual({ ...expected, titleSource: "person" });
      expect(JSON.parse(exportJson(imported))).toEqual(JSON.parse(exportJson(session)));
    }),
  );
});

test("a file with too many messages is refused before they are parsed", () => {
  const messages = Array.from({ length: MAX_MESSAGES + 2 }, () => "no message");
  expect(() => conversationFile.safeParse(file({ messages }))).toThrow(
    expect.objectContaining({ code: "session_full" }),
  );
});

const file = (change: object = {}) => {
  const messages = conversation("One", "1", "Two", "2");
  const settings = { modelId: "demo/demo", instructions: "" };
  const session = { createdAt: NOW, title: "Counting", settings, messages, head: "m3" };
  return { ...(JSON.parse(exportJson(session)) as ReturnType<typeof conversationFile.parse>), ...change };
};

describe("a file", () => {
  it("an imported file keeps its model only if that is on offer", () => {
    const imported = importSession(file(), { now: NOW, modelFor: () => "demo/other" });
    expect(imported.settings.modelId).toBe("demo/other");
  });

  it("an imported file has no call that would run, or be decided, in an answer that has ended", () => {
    const [question, answer] = conversation("Look", "1") as [Message, Message];
    const states = ["input-available", "running", "approval-requested", "outcome-unknown"];
    const calls = states.map((state, index) => ({
      ...{ type: "dynamic-tool", toolName: "files_write", toolCallId: `c${String(index)}`, state },
      ...{ attempt: 0, input: {} },
    }));
    const messages = [question, { ...answer, parts: calls }] as Message[];
    const body = importBody.parse(file({ messages, head: answer.id }));
    const imported = importSession(body, { now: NOW, modelFor: () => "demo/other" });
    expect(imported.messages[1]!.parts.map((part) => "state" in part && part.state)).toEqual([
      ...["output-error", "outcome-unknown", "output-denied", "outcome-unknown"],
    ]);
  });

  const attached = {
    type: "file",
    mediaType: "image/png",
    filename: "photo.png",
    size: 3,
    url: `attachment:${"a".repeat(64)}`,
  };

  it("an exported file names the attachments", () => {
    const [question, answer] = conversation("Look", "1") as [Message, Message];
    const messages = [{ ...question, parts: [...question.parts, attached] } as Message, answer];
    const exported = exportJson({ ...file(), messages, head: "m1" });
    expect(conversationFile.parse(JSON.parse(exported)).messages[0]?.parts).toEqual([
      { type: "text", text: "Look" },
      { type: "text", text: "[photo.png]" },
    ]);
    expect(exportMarkdown({ title: "T", messages, head: "m0" })).toContain("Look\n\n[photo.png]\n");
  });

  const [m0, m1, m2] = file().messages as [Message, Message, Message];

  it.each([
    ["of another format", { format: "other" }, "format"],
    ["of a newer version", { version: 2 }, "version"],
    ["without a message", { messages: [], head: "m0" }, "messages"],
    ["whose head is missing", { head: "nowhere" }, "head"],
    ["with an unknown field", { shares: [] }, ""],
    ["with a repeated id", { messages: [m0, m1, { ...m2, id: "m0" }] }, "messages.2.id"],
    ["with a missing parent", { messages: [m0, { ...m1, parentId: "no" }] }, "messages.1.parentId"],
    ["with a cycle", { messages: [{ ...m0, parentId: "m1" }, m1] }, "messages.0.parentId"],
    ["with a message that follows itself", { messages: [{ ...m0, parentId: "m0" }] }, "messages.0.parentId"],
    ["with two questions in a row", { messages: [m0, { ...m2, parentId: "m0" }] }, "messages.1.role"],
    [
      "with an answer to an answer",
      { messages: [m0, m1, { ...m1, id: "x", parentId: "m1" }] },
      "messages.2.role",
    ],
    ["with an answer without a question", { messages: [{ ...m1, parentId: null }] }, "messages.0.parentId"],
    ["with an attachment", { messages: [{ ...m0, parts: [attached] }] }, "messages.0.parts"],
    ["with an invalid id", { messages: [{ ...m0, id: "../x" }] }, "messages.0.id"],
  ])("a file %s is refused with the place of the error", (_, change, path) => {
    const { error } = conversationFile.safeParse({
      ...file(change),
      head: "head" in change ? change.head : "m0",
    });
    expect(error?.issues[0]?.path.join(".")).toBe(path);
  });
});

describe("an export of a newer version", () => {
  const [m0, m1, m2] = file().messages as [Message, Message, Message];
  const refused = { code: "file_newer_format", message: /newer version/ };

  it.each<[string, object]>([
    ["with an unknown version", { version: 2 }],
    ["with an unknown version and other damage", { version: 9, messages: "?", title: 7 }],
    ["with an unknown field", { folders: [] }],
    ["with an unknown setting", { settings: { modelId: "m", instructions: "", mood: "good" } }],
    ["with an unknown field of a message", { messages: [m0, { ...m1, mood: "good" }, m2] }],
    ["with an unknown kind of part", { messages: [m0, { ...m1, parts: [{ type: "sketch" }] }, m2] }],
    ["with an unknown role", { messages: [{ ...m0, role: "tool" }, m1, m2] }],
  ])("a file of a newer version, %s, is refused as file_newer_format", (_, change) => {
    expect(() => importBody.safeParse({ ...file(), head: "m0", ...change })).toThrow(
      expect.objectContaining({ code: refused.code }),
    );
  });

  it.each<[string, object]>([
    ["of another format", { format: "other", folders: [] }],
    ["with an invalid version", { version: "2" }],
    ["with an unknown field, and a missing one", { folders: [], title: undefined }],
  ])("a file %s is not taken for one of a newer version", (_, change) => {
    const { error } = importBody.safeParse({ ...file(), head: "m0", ...change });
    expect(error?.issues[0]?.path).toBeDefined();
  });

  it("an exported file has no fields of later formats, so that all versions can import it", () => {
    const metadata = { ...m1.metadata, omissions: [{ code: "file_unreadable" }] };
    const session = { ...file(), messages: [m0, { ...m1, metadata } as Message, m2], head: "m0" };
    expect(JSON.parse(exportJson(session))).toMatchObject({ version: 1 });
    expect(exportJson(session)).not.toContain("omissions");
  });
});

describe("as Markdown", () => {
  it("an export as Markdown has the shown branch, without reasoning", () => {
    const messages = conversation("One", "**1**", "Two", "2");
    const other = {
      ...messages[2]!,
      id: "m2b",
      parts: [{ type: "text" as const, text: "Three" }],
    } as Message;
    (messages[1]! as { parts: object[] }).parts.unshift({ type: "reasoning", text: "Hm." });
    expect(exportMarkdown({ title: "Counting", messages: [...messages, other], head: "m2b" })).toBe(
      "# Counting\n\n## You\n\nOne\n\n## Assistant\n\n**1**\n\n## You\n\nThree\n",
    );
  });

  it("an export as Markdown closes what a message has left open", () => {
    const messages = conversation("One", "```js\nlet a;", "Two", "2");
    expect(exportMarkdown({ title: "T", messages, head: "m3" })).toContain("let a;\n```\n\n## You\n\nTwo");
  });

  it("an export as Markdown labels the speakers in the language of the reader", () => {
    const labels = { you: "Sie", assistant: "Assistent" };
    expect(exportMarkdown({ title: "T", messages: conversation("A", ""), head: "m1" }, labels)).toBe(
      "# T\n\n## Sie\n\nA\n\n## Assistent\n",
    );
  });
});
