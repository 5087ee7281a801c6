import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { conversation } from "../../tests/fixtures/collect-answer";
import { conversationFile, importBody, importSession } from "./conversation-file";
import { exportJson, exportMarkdown } from "./export-conversation";
import { MAX_MESSAGES } from "./limits";
import { session as sessionSchema, type Message, type Session } from "./session";

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
    /** Which of the messages before is its parent, if any. */
    after: fc.nat(),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    createdAt: timestamp,
    assistantMetadata,
  }),
  { minLength: 1, maxLength: 12 },
);

/** A tree of questions and answers: each may follow any message before it. */
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

test("what was exported is imported as it was", () => {
  fc.assert(
    fc.property(anySession, (session) => {
      expect(sessionSchema.parse(session)).toEqual(session);
      const file = conversationFile.parse(JSON.parse(exportJson(session)));
      const imported = importSession(file, { now: NOW, modelFor: (modelId) => modelId });
      expect(sessionSchema.parse(imported)).toEqual(imported);
      // Through JSON, where -0 is 0.
      const expected = JSON.parse(JSON.stringify(session)) as Session;
      expect(imported).toEqual({ ...expected, titleSource: "person" });
      expect(JSON.parse(exportJson(imported))).toEqual(JSON.parse(exportJson(session)));
    }),
  );
});

test("more messages than there may be are said to be too much, and not looked at", () => {
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
  it("keeps its own model only where that is on offer", () => {
    const imported = importSession(file(), { now: NOW, modelFor: () => "demo/other" });
    expect(imported.settings.modelId).toBe("demo/other");
  });

  const attached = {
    type: "file",
    mediaType: "image/png",
    filename: "photo.png",
    size: 3,
    url: `attachment:${"a".repeat(64)}`,
  };

  it("has what was attached by its name", () => {
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
    ["of something else", { format: "other" }, "format"],
    ["of a newer version", { version: 2 }, "version"],
    ["without a message", { messages: [], head: "m0" }, "messages"],
    ["whose head is not there", { head: "nowhere" }, "head"],
    ["with more than it should have", { shares: [] }, ""],
    ["with an id twice", { messages: [m0, m1, { ...m2, id: "m0" }] }, "messages.2.id"],
    ["with a parent that is not there", { messages: [m0, { ...m1, parentId: "no" }] }, "messages.1.parentId"],
    ["that goes in a circle", { messages: [{ ...m0, parentId: "m1" }, m1] }, "messages.0.parentId"],
    ["with a message that follows itself", { messages: [{ ...m0, parentId: "m0" }] }, "messages.0.parentId"],
    ["with two questions in a row", { messages: [m0, { ...m2, parentId: "m0" }] }, "messages.1.role"],
    [
      "with an answer to an answer",
      { messages: [m0, m1, { ...m1, id: "x", parentId: "m1" }] },
      "messages.2.role",
    ],
    ["with an answer to nothing", { messages: [{ ...m1, parentId: null }] }, "messages.0.parentId"],
    ["with a file that is not in it", { messages: [{ ...m0, parts: [attached] }] }, "messages.0.parts"],
    ["with an id that is none", { messages: [{ ...m0, id: "../x" }] }, "messages.0.id"],
  ])("%s is refused, and the place is named", (_, change, path) => {
    const { error } = conversationFile.safeParse({
      ...file(change),
      head: "head" in change ? change.head : "m0",
    });
    expect(error?.issues[0]?.path.join(".")).toBe(path);
  });
});

describe("what a newer version has exported", () => {
  const [m0, m1, m2] = file().messages as [Message, Message, Message];
  const refused = { code: "file_newer_format", message: /newer version/ };

  it.each<[string, object]>([
    ["with a version that is not known", { version: 2 }],
    ["with a version that is not known, in which nothing else is", { version: 9, messages: "?", title: 7 }],
    ["with a field that is not known", { folders: [] }],
    ["with a setting that is not known", { settings: { modelId: "m", instructions: "", mood: "good" } }],
    ["with a field of a message that is not known", { messages: [m0, { ...m1, mood: "good" }, m2] }],
    ["with a kind of part that is not known", { messages: [m0, { ...m1, parts: [{ type: "sketch" }] }, m2] }],
    ["with a role that is not known", { messages: [{ ...m0, role: "tool" }, m1, m2] }],
  ])("%s, is refused as that", (_, change) => {
    expect(() => importBody.safeParse({ ...file(), head: "m0", ...change })).toThrow(
      expect.objectContaining({ code: refused.code }),
    );
  });

  it.each<[string, object]>([
    ["of something else", { format: "other", folders: [] }],
    ["with a version that is none", { version: "2" }],
    ["with a field that is not known, and one that is missing", { folders: [], title: undefined }],
  ])("a file %s is not taken for one", (_, change) => {
    const { error } = importBody.safeParse({ ...file(), head: "m0", ...change });
    expect(error?.issues[0]?.path).toBeDefined();
  });

  it("is what any version can import, also where an answer has what came later", () => {
    const metadata = { ...m1.metadata, omissions: [{ code: "file_unreadable" }] };
    const session = { ...file(), messages: [m0, { ...m1, metadata } as Message, m2], head: "m0" };
    expect(JSON.parse(exportJson(session))).toMatchObject({ version: 1 });
    expect(exportJson(session)).not.toContain("omissions");
  });
});

describe("as Markdown", () => {
  it("a conversation is its shown branch, without thoughts", () => {
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

  it("it says who spoke in the reader's language", () => {
    const labels = { you: "Sie", assistant: "Assistent" };
    expect(exportMarkdown({ title: "T", messages: conversation("A", ""), head: "m1" }, labels)).toBe(
      "# T\n\n## Sie\n\nA\n\n## Assistent\n",
    );
  });
});
