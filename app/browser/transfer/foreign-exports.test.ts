import { expect, test } from "vitest";
import { conversationFile, type ConversationFile } from "~/conversation/files/conversation-file";
import { fromChatGpt } from "./chatgpt-export";
import { fromClaude } from "./claude-export";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import { fileOfForeign as convert, type ForeignConversation } from "./foreign-conversation";

const limits = { titleLength: MAX_TITLE_LENGTH, itemIds: ITEM_ID_PATTERN };
const fileOfForeign = (conversation: ForeignConversation) => convert(conversation, limits);

const said = (role: string, text: unknown, more: object = {}) => ({
  id: "message",
  author: { role },
  create_time: 1_700_000_000.5,
  content: { content_type: "text", parts: [text] },
  metadata: { model_slug: role === "assistant" ? "gpt-4o" : undefined },
  recipient: "all",
  ...more,
});
const node = (id: string, parent: string | null, message: object | null) => ({
  id,
  parent,
  message,
  children: [],
});

/** Role, text and the text of the parent of each message. */
function lines(file: ConversationFile | null): string[] {
  const textOf = (id: string | null) =>
    file!.messages
      .find((message) => message.id === id)
      ?.parts.map((part) => ("text" in part ? part.text : ""))
      .join("|");
  return file!.messages.map(({ id, role, parentId }) => `${role}: ${textOf(id)} < ${textOf(parentId) ?? ""}`);
}

test("a conversation of ChatGPT is imported with its branches, title, dates, models and reasoning", () => {
  const nodes = [
    node("root", null, null),
    node("hidden", "root", said("system", "", { metadata: { is_visually_hidden_from_conversation: true } })),
    node("q", "hidden", said("user", "Why is the sky blue?")),
    node(
      "t",
      "q",
      said("assistant", "", {
        content: { content_type: "thoughts", thoughts: [{ summary: "", content: "Light." }] },
      }),
    ),
    node(
      "call",
      "t",
      said("assistant", "search()", {
        recipient: "web",
        content: { content_type: "code", text: "search()" },
      }),
    ),
    node("tool", "call", said("tool", "results")),
    node("a1", "tool", said("assistant", "Rayleigh\ue200cite\ue202turn0\ue201 scattering.")),
    node("a2", "q", said("assistant", "Because.")),
    node(
      "q2",
      "a1",
      said(
        "user",
        { content_type: "image_asset_pointer" },
        {
          content: {
            content_type: "multimodal_text",
            parts: [{ content_type: "image_asset_pointer" }, "And this?"],
          },
        },
      ),
    ),
  ];
  const found = fromChatGpt({
    conversation_id: "c-1",
    title: "The sky",
    create_time: 1_700_000_000,
    update_time: 1_700_000_100,
    current_node: "a2",
    mapping: Object.fromEntries(nodes.map((each) => [each.id, each])),
  })!;
  const file = fileOfForeign(found)!;
  expect(conversationFile.parse(file)).toEqual(file);
  expect(lines(file)).toEqual([
    "user: Why is the sky blue? < ",
    "assistant: Light.|Rayleigh scattering. < Why is the sky blue?",
    "user: [image]\n\nAnd this? < Light.|Rayleigh scattering.",
    "assistant: Because. < Why is the sky blue?",
  ]);
  expect(file).toMatchObject({ title: "The sky", head: "a2", createdAt: "2023-11-14T22:13:20.000Z" });
  expect(file.messages[1]!.parts[0]!.type).toBe("reasoning");
  expect(file.messages[1]!.metadata).toMatchObject({
    modelId: "gpt-4o",
    createdAt: "2023-11-14T22:13:20.500Z",
  });
  expect([...found.skipped].sort()).toEqual(["images", "tools"]);
});

const message = (uuid: string, sender: string, text: string, more: object = {}) => ({
  uuid,
  sender,
  text: "This block is not supported on your current device yet.",
  content: [{ type: "text", text }],
  created_at: "2025-05-01T10:00:00.000000Z",
  ...more,
});
const ROOT = "00000000-0000-4000-8000-000000000000";

test("a conversation of Claude is imported with its branches, reasoning, pasted texts and the names of files", () => {
  const found = fromClaude({
    uuid: "c-2",
    name: "Tea",
    created_at: "2025-05-01T09:59:00.000000Z",
    updated_at: "2025-05-01T10:05:00.000000Z",
    chat_messages: [
      message("m1", "human", "Which tea?", {
        parent_message_uuid: ROOT,
        attachments: [{ file_name: "list.txt", extracted_content: "Oolong" }],
        files: [{ file_name: "tea.png" }],
      }),
      message("m2", "assistant", "", {
        parent_message_uuid: "m1",
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "tool_use", name: "search" },
          { type: "text", text: "Oolong." },
        ],
      }),
      message("m3", "assistant", "Sencha.", { parent_message_uuid: "m1" }),
    ],
  })!;
  const file = fileOfForeign(found)!;
  expect(conversationFile.parse(file)).toEqual(file);
  const question = "[list.txt]\n\nOolong\n\n[tea.png]\n\nWhich tea?";
  expect(lines(file)).toEqual([
    `user: ${question} < `,
    `assistant: Hm.|Oolong. < ${question}`,
    `assistant: Sencha. < ${question}`,
  ]);
  expect(file.head).toBe("m3");
  expect([...found.skipped].sort()).toEqual(["files", "tools"]);
});

test("an export of Claude without parents is one branch, and an answer without a question gets one", () => {
  const chat_messages = [
    message("m1", "assistant", "Hello."),
    message("m2", "human", "Hi."),
    message("m3", "human", "Again."),
  ];
  const file = fileOfForeign(fromClaude({ uuid: "c-3", name: "", chat_messages })!)!;
  expect(conversationFile.parse(file)).toEqual(file);
  expect(lines(file)).toEqual(["user: … < ", "assistant: Hello. < …", "user: Hi.\n\nAgain. < Hello."]);
});

test("a conversation of 10,000 messages, cycles and lost parents are no problem, and one without a word is none", () => {
  const long = Array.from({ length: 10_000 }, (_, index) =>
    message(`m${index}`, index % 2 ? "assistant" : "human", String(index), {
      parent_message_uuid: index ? `m${index - 1}` : ROOT,
    }),
  );
  expect(fileOfForeign(fromClaude({ chat_messages: long })!)!.messages).toHaveLength(10_000);
  const mapping = {
    a: node("a", "b", said("user", "A")),
    b: node("b", "a", said("user", "B")),
    c: node("c", "lost", said("user", "C")),
  };
  expect(lines(fileOfForeign(fromChatGpt({ mapping, current_node: "a" })!))).toEqual(["user: C < "]);
  expect(fileOfForeign(fromChatGpt({ mapping: { root: node("root", null, null) } })!)).toBeNull();
  for (const other of [null, 7, [], {}, { mapping: 3 }, { chat_messages: {} }]) {
    expect(fromChatGpt(other) ?? fromClaude(other)).toBeNull();
  }
});
